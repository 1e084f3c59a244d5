/** What a person can do with a preset. */
export interface Deed {
  label: string
  icon: string
  disabled?: boolean
  run: () => unknown
}

interface Store<Preset> {
  duplicate: (preset: Preset) => unknown
  exportPreset: (preset: Preset) => unknown
}

/** With any kind of preset. */
export function commonDeeds<Preset>(preset: Preset, edit: () => unknown, store: Store<Preset>): Deed[] {
  return [
    { label: 'Edit', icon: 'i-lucide-pencil', run: edit },
    { label: 'Duplicate', icon: 'i-lucide-copy', run: () => store.duplicate(preset) },
    { label: 'Export', icon: 'i-lucide-download', run: () => store.exportPreset(preset) },
  ]
}
