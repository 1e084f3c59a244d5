/** What changed from one state of a stream to the next, leaf by leaf. */
export interface Difference {
  path: string
  before: string | null
  after: string | null
}

export interface Leaf {
  path: string
  value: string
}

export function leavesOf(state: unknown, path = ''): Leaf[] {
  if (Array.isArray(state)) return state.length ? state.flatMap((one, index) => leavesOf(one, `${path}[${index}]`)) : [{ path, value: '[]' }]
  if (typeof state === 'object' && state !== null) {
    return Object.entries(state).flatMap(([key, one]) => leavesOf(one, path ? `${path}.${key}` : key))
  }
  return [{ path, value: JSON.stringify(state) ?? 'null' }]
}

/** Every leaf of either state, in order, and what became of it. What was nothing and became many is only those. */
export function differences(before: unknown, after: unknown): Difference[] {
  const was = new Map(leavesOf(before).map(({ path, value }) => [path, value]))
  const is = new Map(leavesOf(after).map(({ path, value }) => [path, value]))
  const paths = [...new Set([...was.keys(), ...is.keys()])]
  return paths
    .filter((path) => is.has(path) || was.get(path) !== 'null')
    .map((path) => ({ path, before: was.get(path) ?? null, after: is.get(path) ?? null }))
}
