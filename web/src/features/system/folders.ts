import { computed, type ComputedRef } from 'vue'

export interface Folders {
  entries: ComputedRef<string[]>
  without: (entry: string) => string[]
  withAlso: (typed: string) => string[] | null
}

/** A setting that is a list of folders: what it would be without one of them, or with one more. */
export function useFolders(value: () => unknown): Folders {
  const entries = computed(() => {
    const found = value()
    return Array.isArray(found) ? found.map(String) : []
  })
  return {
    entries,
    without: (entry) => entries.value.filter((one) => one !== entry),
    withAlso: (typed) => {
      const entry = typed.trim()
      return entry && !entries.value.includes(entry) ? [...entries.value, entry] : null
    },
  }
}
