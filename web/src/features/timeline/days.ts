import type { TimelineDay } from '../../api/types'

/** Where the events of a timeline lie in time, newest first: what a place on its scroll bar means. */
export type Days = readonly TimelineDay[]

export function total(days: Days): number {
  return days.reduce((sum, { count }) => sum + count, 0)
}

/** About how many events are newer than this position. */
export function newerThan(days: Days, position: number): number {
  let newer = 0
  for (const [index, day] of days.entries()) {
    const first = firstOf(days, index)
    if (position >= first) return newer + day.count * share(day.last - position, day.last - first)
    newer += day.count
  }
  return newer
}

/** About the position that has so many newer ones. */
export function positionAt(days: Days, newer: number): number {
  let left = newer
  for (const [index, day] of days.entries()) {
    const first = firstOf(days, index)
    if (left < day.count) return Math.round(day.last - (day.last - first) * share(left, day.count))
    left -= day.count
  }
  return 1
}

/** The day on which the event at this position fell, or the next older one of these. */
export function dayOf(days: Days, position: number): string | null {
  return days.find((_, index) => position >= firstOf(days, index))?.day ?? null
}

function firstOf(days: Days, index: number): number {
  return (days[index + 1]?.last ?? 0) + 1
}

function share(part: number, whole: number): number {
  return whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0
}
