import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import { desk } from '../../api/desk'
import type { RecordedEvent, TimelineCounts, TimelineEntry } from '../../api/types'
import { coalesced } from '../../lib/coalesced'
import { useAlerts } from '../alerts/store'
import { imageOf } from '../viewer/pictures'
import { dayOf, newerThan, positionAt, total } from './days'
import type { Days } from './days'
import { filtersOf, isCountable, queryOf } from './filters'
import type { Filters } from './filters'
import { heightOf, LARGEST_SPACE, rowsOf, spaceFor, within } from './geometry'

const PAGE = 100
const MOST_KEPT = 1500
const MOST_WAITING = 100
/** Room that is always left beyond what is read, for one to scroll into. */
const ROOM = 2000
const AHEAD = 1500
/** Nothing is read while one flings past it. */
const SETTLED_MS = 120

/** One stretch of the timeline at a time is read: the newest entries, or those around the place that was gone to. */
export const useTimeline = defineStore('timeline', () => {
  const filters = shallowRef<Filters | null>(null)
  const entries = shallowRef<readonly TimelineEntry[] | null>(null)
  const waiting = shallowRef<readonly TimelineEntry[]>([])
  const counts = shallowRef<TimelineCounts | null>(null)
  const days = shallowRef<Days>([])
  const top = ref(0)
  const space = ref(0)
  /** By how much everything has moved: what is looked at has to be followed. */
  const shift = ref(0)
  const hasOlder = ref(false)
  const hasNewer = ref(false)
  const following = ref(true)
  const { attempt } = useAlerts()
  let turn = 0
  let newestSeen = 0
  let flinging = 0

  const rows = computed(() => rowsOf(entries.value ?? [], top.value))
  const bottom = computed(() => top.value + heightOf(entries.value ?? []))
  const asked = () => queryOf(filters.value ?? filtersOf({}))

  async function show(next: Filters): Promise<void> {
    filters.value = next
    entries.value = null
    await reload()
  }

  function close(): void {
    turn++
    filters.value = entries.value = null
  }

  /** From the newest on. What was asked for before has no say any more. */
  async function reload(): Promise<void> {
    if (!filters.value) return
    const mine = ++turn
    const [page] = await Promise.all([
      attempt(() => desk.timeline({ ...asked(), limit: PAGE })), readDays(mine), readCounts(),
    ])
    if (!page || mine !== turn) return
    newestSeen = 0
    caughtUp(page.items)
    space.value = total(days.value) ? spaceFor(total(days.value), page.items) : 0
    place(page.items, 0, { newer: false, older: page.next !== null })
  }

  async function readDays(mine: number): Promise<void> {
    const { kinds, actors } = filters.value ?? filtersOf({})
    const found = filters.value && isCountable(filters.value)
      ? await attempt(() => desk.timelineDays({ kind: [...kinds], actor: [...actors] })) : null
    if (mine === turn) days.value = found?.items.filter(({ count }) => count > 0) ?? []
  }

  async function readCounts(): Promise<void> {
    counts.value = (await attempt(desk.timelineCounts)) ?? counts.value
  }

  const readOlder = coalesced(async () => {
    const last = entries.value?.at(-1)
    if (!last || !hasOlder.value) return
    const mine = turn
    const page = await attempt(() => desk.timeline({ ...asked(), limit: PAGE, before: last.group.first }))
    if (!page || mine !== turn) return
    const all = [...(entries.value ?? []), ...page.items]
    const kept = all.slice(-MOST_KEPT)
    const dropped = heightOf(all) - heightOf(kept)
    place(kept, top.value + dropped, { newer: hasNewer.value || dropped > 0, older: page.next !== null })
  })

  const readNewer = coalesced(async () => {
    const [first] = entries.value ?? []
    if (!first || !hasNewer.value) return
    const mine = turn
    const page = await attempt(() => desk.timeline({ ...asked(), limit: PAGE, after: first.group.last }))
    if (!page || mine !== turn) return
    const all = [...page.items, ...(entries.value ?? [])]
    const kept = all.slice(0, MOST_KEPT)
    const start = bottom.value - heightOf(all)
    if (page.next === null) caughtUp(all)
    place(kept, start, { newer: page.next !== null, older: hasOlder.value || kept.length < all.length })
  })

  function caughtUp(all: readonly TimelineEntry[]): void {
    waiting.value = []
    newestSeen = Math.max(newestSeen, all[0]?.group.last ?? 0)
  }

  /** To what a place far from everything that is read stands for. */
  async function goTo(height: number): Promise<void> {
    if (!days.value.length) return
    const position = positionAt(days.value, (height / space.value) * total(days.value))
    const mine = ++turn
    const page = await attempt(() => desk.timeline({ ...asked(), limit: PAGE, before: position + 1 }))
    if (!page || mine !== turn) return
    const first = page.items[0]?.group.last ?? 0
    place(page.items, height, { newer: first < newestSeen, older: page.next !== null })
  }

  function placeOf(position: number): number {
    return (newerThan(days.value, position) / (total(days.value) || 1)) * space.value
  }

  /** Put a stretch where it belongs, and see to it that there is room on either side where there is more. */
  function place(stretch: readonly TimelineEntry[], at: number, more: { newer: boolean; older: boolean }): void {
    entries.value = stretch
    hasNewer.value = more.newer
    hasOlder.value = more.older
    const end = at + heightOf(stretch)
    const start = more.newer ? roomAbove(at, end) : 0
    const beyond = end + start - at
    space.value = more.older ? Math.max(space.value, beyond + ROOM) : beyond
    top.value = start
    shift.value += start - at
  }

  /** Where the space has come to an end on either side, the stretch is put to where the days say that it belongs. */
  function roomAbove(at: number, end: number): number {
    const [first] = entries.value ?? []
    const hasRoom = at >= ROOM / 2 && end <= LARGEST_SPACE
    return hasRoom || !first ? at : Math.max(ROOM, placeOf(first.position))
  }

  /** See to it that what is looked at is read: what comes next on either side, or, far from both, a new stretch. */
  function lookAt(from: number, height: number): void {
    window.clearTimeout(flinging)
    if (!entries.value?.length) return
    if (from > bottom.value + height || from + height < top.value - height) {
      flinging = window.setTimeout(() => void goTo(from), SETTLED_MS)
      return
    }
    if (from + height + AHEAD > bottom.value && hasOlder.value) void readOlder()
    if (from - AHEAD < top.value && hasNewer.value) void readNewer()
    if (following.value && waiting.value.length) takeIn()
  }

  /** The day of what lies at this height, as far as that is known before it is read. */
  function dayAt(height: number): string | null {
    const read = within(rows.value, height, height)[0]
    if (read && height >= top.value) return read.kind === 'day' ? read.day : read.entry.day
    return dayOf(days.value, positionAt(days.value, (height / (space.value || 1)) * total(days.value)))
  }

  const readFresh = coalesced(async () => {
    const mine = turn
    const page = await attempt(() => desk.timeline({ ...asked(), limit: MOST_WAITING, after: newestSeen }))
    if (!page?.items.length || mine !== turn) return
    newestSeen = page.items[0]?.group.last ?? newestSeen
    waiting.value = [...page.items, ...waiting.value].slice(0, MOST_WAITING)
    if (following.value) takeIn()
  })

  /** What came meanwhile goes on top, where the newest are what is shown. */
  function takeIn(): void {
    if (hasNewer.value || waiting.value.length === MOST_WAITING) return void reload()
    const all = [...waiting.value, ...(entries.value ?? [])]
    waiting.value = []
    place(all.slice(0, MOST_KEPT), 0, { newer: false, older: hasOlder.value || all.length > MOST_KEPT })
  }

  function hear(event: RecordedEvent): void {
    if (!filters.value || !entries.value) return
    const image = event.type === 'ImageThumbnailMade' ? imageOf(event.stream) : null
    if (image) entries.value = entries.value.map((entry) => withThumbnail(entry, image))
    if (event.position > newestSeen) void readFresh()
  }

  return {
    filters, entries, waiting, counts, days, rows, top, bottom, space, shift, hasOlder, hasNewer, following,
    show, close, reload, readOlder, readNewer, goTo, lookAt, dayAt, takeIn, hear,
  }
})

function withThumbnail(entry: TimelineEntry, image: string): TimelineEntry {
  const { about } = entry
  const address = `/api/images/${image}/thumbnail`
  if (!about.images.includes(image) || about.thumbnails.includes(address)) return entry
  return { ...entry, about: { ...about, thumbnails: [...about.thumbnails, address] } }
}
