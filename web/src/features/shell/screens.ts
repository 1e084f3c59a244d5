export interface Screen {
  path: string
  label: string
  icon: string
  key: string
}

export const SCREENS: readonly Screen[] = [
  { path: '/', label: 'Generate', icon: 'i-lucide-sparkles', key: '1' },
  { path: '/timeline', label: 'Timeline', icon: 'i-lucide-history', key: '2' },
  { path: '/system', label: 'System', icon: 'i-lucide-activity', key: '3' },
  { path: '/settings', label: 'Settings', icon: 'i-lucide-settings-2', key: '4' },
]
