export interface Screen {
  path: string
  label: string
  icon: string
  key: string
}

export const SCREENS: readonly Screen[] = [
  { path: '/', label: 'Generate', icon: 'i-lucide-sparkles', key: '1' },
  { path: '/models', label: 'Models', icon: 'i-lucide-boxes', key: '2' },
  { path: '/timeline', label: 'Timeline', icon: 'i-lucide-history', key: '3' },
  { path: '/system', label: 'System', icon: 'i-lucide-activity', key: '4' },
  { path: '/settings', label: 'Settings', icon: 'i-lucide-settings-2', key: '5' },
]
