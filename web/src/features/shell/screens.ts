export interface Screen {
  path: string
  label: string
  icon: string
  key: string
}

export const SCREENS: readonly Screen[] = [
  { path: '/', label: 'Generate', icon: 'i-lucide-sparkles', key: '1' },
  { path: '/system', label: 'System', icon: 'i-lucide-activity', key: '2' },
  { path: '/settings', label: 'Settings', icon: 'i-lucide-settings-2', key: '3' },
]
