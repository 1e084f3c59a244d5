import type { Generation, Queue } from '../../api/types'

export const EMPTY_QUEUE: Queue = { paused: false, running: [], queued: [], interrupted: [] }

/** How many run or wait. */
export function load(queue: Queue): number {
  return queue.running.length + queue.queued.length
}

/** The waiting ones with this one `by` places further back; the same order where it can't move. */
export function moved(queued: readonly Generation[], id: string, by: number): Generation[] {
  const from = queued.findIndex((generation) => generation.id === id)
  const to = from + by
  const order = [...queued]
  const [one] = from < 0 || to < 0 || to >= queued.length ? [] : order.splice(from, 1)
  if (one) order.splice(to, 0, one)
  return order
}

/** Events of these streams change what the queue shows. */
export function concernsQueue(stream: string): boolean {
  return /^(queue|generation)(-|$)/.test(stream)
}
