import type { LocationQuery } from 'vue-router'

/** What a timeline is narrowed to. It is kept in the address, so that it can be gone back to and shared. */
export interface Filters {
  kinds: readonly string[]
  actors: readonly string[]
  stream: string | null
  from: string | null
  to: string | null
  words: string
}

export const KINDS = [
  { name: 'generation', label: 'Generations', icon: 'i-lucide-sparkles' },
  { name: 'image', label: 'Pictures', icon: 'i-lucide-image' },
  { name: 'preset', label: 'Presets', icon: 'i-lucide-sliders-horizontal' },
  { name: 'queue', label: 'Queue', icon: 'i-lucide-list-ordered' },
  { name: 'settings', label: 'Settings', icon: 'i-lucide-settings-2' },
  { name: 'worker', label: 'Workers', icon: 'i-lucide-cpu' },
  { name: 'memory', label: 'Memory', icon: 'i-lucide-memory-stick' },
  { name: 'job', label: 'Jobs', icon: 'i-lucide-cog' },
  { name: 'log', label: 'Log', icon: 'i-lucide-scroll-text' },
] as const

export function filtersOf(query: LocationQuery): Filters {
  return {
    kinds: all(query.kind), actors: all(query.actor), stream: first(query.stream),
    from: first(query.from), to: first(query.to), words: first(query.q) ?? '',
  }
}

/** For the address and for the desk alike. */
export function queryOf({ kinds, actors, stream, from, to, words }: Filters): Record<string, string | string[]> {
  const named = { kind: [...kinds], actor: [...actors], stream, from, to, q: words.trim() }
  return Object.fromEntries(Object.entries(named).filter((pair): pair is [string, string | string[]] => Boolean(pair[1]?.length)))
}

export function isNarrowed(filters: Filters): boolean {
  return Object.keys(queryOf(filters)).length > 0
}

/** Of words and streams nobody knows how many there are before they are read. */
export function isCountable({ stream, from, to, words }: Filters): boolean {
  return !(stream ?? from ?? to) && !words.trim()
}

function all(value: LocationQuery[string] | undefined): string[] {
  return [value].flat().filter((one) => typeof one === 'string' && one !== '') as string[]
}

function first(value: LocationQuery[string] | undefined): string | null {
  return all(value)[0] ?? null
}
