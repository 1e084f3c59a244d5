/** How the memory of a device is drawn over time: each owner's upon that of the one before. */
import { duration, memory } from '../../lib/format'
import { LABELS } from '../system/memory'
import type { Share } from '../system/memory'
import type { Job, Sample } from './history'
import { SPAN } from './history'

type Owner = Share['owner']

/** From the ground up. What is free stays empty. */
export const STACKED: readonly Owner[] = ['image', 'language', 'desk', 'other']

/** The moments, then for each owner, the topmost first, how high it reaches: those below are drawn over it. */
export function stacked(samples: readonly Sample[]): [number[], ...number[][]] {
  const heights = STACKED.map((_, index) => samples.map(({ mib }) => sum(STACKED.slice(0, index + 1).map((owner) => mib[owner] ?? 0))))
  return [samples.map(({ at }) => at), ...heights.reverse()]
}

const ROOM = 1.5

/** How far the scale reaches: to all that there is, or not much beyond what was used where that is little of it. */
export function ceiling(samples: readonly Sample[]): number {
  const total = samples.at(-1)?.total ?? 1
  return Math.min(total, ROOM * Math.max(...samples.map(({ mib }) => sum(STACKED.map((owner) => mib[owner] ?? 0))), 1))
}

export interface Range { owner: Owner; least: number; most: number; now: number }

export function ranges(samples: readonly Sample[]): Range[] {
  const last = samples.at(-1)
  if (!last) return []
  return (Object.keys(last.mib) as Owner[]).map((owner) => {
    const all = samples.map(({ mib }) => mib[owner] ?? 0)
    return { owner, least: Math.min(...all), most: Math.max(...all), now: last.mib[owner] ?? 0 }
  })
}

/** For who doesn't see the chart. */
export function spoken(samples: readonly Sample[]): string {
  const [first, last] = [samples[0], samples.at(-1)]
  if (!first || !last) return 'Nothing was heard of memory yet'
  const owners = ranges(samples).map(({ owner, least, most, now }) => `${LABELS[owner]} ${memory(least)} to ${memory(most)}, now ${memory(now)}`)
  return `Memory over the last ${duration(last.at - first.at)}, of ${memory(last.total)}: ${owners.join('; ')}`
}

/** Where a job lies between the left end and now, in per cent of the width; null where it is out of sight. */
export function placed({ from, until }: Job, now: number): { left: number; width: number } | null {
  const start = now - SPAN
  const [left, right] = [Math.max(from, start), Math.min(until ?? now, now)]
  if (right < start || left > now) return null
  return { left: (100 * (left - start)) / SPAN, width: (100 * (right - left)) / SPAN }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((all, one) => all + one, 0)
}
