/**
 * Where everything lies. A stretch of entries that are read sits in a space as high as the whole history would be;
 * what lies above and below it is read when one gets there. Browsers bound the height of what scrolls, so the space
 * has a largest height too: rows keep their size, and the way between far apart days gets shorter.
 */
import type { TimelineEntry } from '../../api/types'

export const ENTRY_HEIGHT = 56
export const DAY_HEIGHT = 36
export const LARGEST_SPACE = 8_000_000

export type Row = { key: string; top: number; height: number } & (
  | { kind: 'day'; day: string }
  | { kind: 'entry'; entry: TimelineEntry }
)

/** Entries under the heads of their days, from `top` down. */
export function rowsOf(entries: readonly TimelineEntry[], top: number): Row[] {
  const rows: Row[] = []
  let day = ''
  for (const entry of entries) {
    if (entry.day !== day) {
      day = entry.day
      rows.push({ kind: 'day', day, key: `day-${entry.group.last}`, top, height: DAY_HEIGHT })
      top += DAY_HEIGHT
    }
    rows.push({ kind: 'entry', entry, key: `entry-${entry.group.last}`, top, height: ENTRY_HEIGHT })
    top += ENTRY_HEIGHT
  }
  return rows
}

export function heightOf(entries: readonly TimelineEntry[]): number {
  const days = entries.filter((entry, index) => entry.day !== entries[index - 1]?.day).length
  return entries.length * ENTRY_HEIGHT + days * DAY_HEIGHT
}

/** The rows between two heights. */
export function within(rows: readonly Row[], from: number, to: number): Row[] {
  return rows.slice(
    firstThat(rows, ({ top, height }) => top + height > from),
    firstThat(rows, ({ top }) => top > to),
  )
}

/** The index of the first row that fits, where all after it do too. */
function firstThat(rows: readonly Row[], fits: (row: Row) => boolean): number {
  let low = 0
  let high = rows.length
  while (low < high) {
    const middle = (low + high) >> 1
    const row = rows[middle]
    if (row && !fits(row)) low = middle + 1
    else high = middle
  }
  return low
}

/** Events in `entries`: those of the same command count one by one. */
export function eventsIn(entries: readonly TimelineEntry[]): number {
  return entries.reduce((sum, { group }) => sum + Object.values(group.types).reduce((all, one) => all + one, 0), 0)
}

/** How high so many events would be, judged by the entries that are there. */
export function spaceFor(events: number, entries: readonly TimelineEntry[]): number {
  const known = eventsIn(entries)
  const each = known ? heightOf(entries) / known : ENTRY_HEIGHT
  return Math.min(LARGEST_SPACE, Math.round(events * each))
}
