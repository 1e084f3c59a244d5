/** How the page stands with the desk, and how that moves. */
export type Link = { kind: 'closed' } | { kind: 'opening' } | { kind: 'open' } | { kind: 'lost'; attempt: number }

export function afterLoss(link: Link): Link & { kind: 'lost' } {
  return { kind: 'lost', attempt: link.kind === 'lost' ? link.attempt + 1 : 0 }
}

const FIRST_MS = 250
const LONGEST_MS = 8000

/** Milliseconds before try number `attempt` (from 0), spread so that many pages don't come back at once. */
export function backoff(attempt: number, random: number): number {
  const most = Math.min(LONGEST_MS, FIRST_MS * 2 ** attempt)
  return most * (0.5 + random / 2)
}
