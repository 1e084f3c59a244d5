import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import type { TimelineEntry } from '../../api/types'
import { anEntry, anEvent } from '../../testing'
import { filtersOf } from './filters'
import { ENTRY_HEIGHT } from './geometry'
import { useTimeline } from './store'

/** A desk with so many events, one rating after the other. */
function aLog(events: number) {
  let head = events
  const asked: URLSearchParams[] = []
  const entry = (position: number) => anEntry('ImageRated', { position })

  function timeline(query: URLSearchParams): { items: TimelineEntry[]; next: string | null } {
    const limit = Number(query.get('limit'))
    if (query.has('after')) {
      const first = Number(query.get('after')) + 1
      const last = Math.min(head, first + limit - 1)
      return { items: span(last, first).map(entry), next: last < head ? 'more' : null }
    }
    const last = Math.min(head, Number(query.get('before') ?? head + 1) - 1)
    const first = Math.max(1, last - limit + 1)
    return { items: span(last, first).map(entry), next: first > 1 ? 'more' : null }
  }

  const fetch = (address: unknown) => {
    const url = new URL(String(address), 'http://desk')
    asked.push(url.searchParams)
    const answers: Record<string, () => unknown> = {
      '/api/timeline': () => timeline(url.searchParams),
      '/api/timeline/days': () => ({ items: [{ day: '2026-05-01', last: head, count: head }], next: null }),
      '/api/timeline/counts': () => ({ kinds: [], actors: [] }),
    }
    return Promise.resolve(Response.json(answers[url.pathname]?.()))
  }
  vi.stubGlobal('fetch', fetch)
  return { asked, append: (count: number) => { head += count } }
}

function span(last: number, first: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, n) => last - n)
}

const positions = () => useTimeline().entries?.map(({ position }) => position) ?? []

beforeEach(() => { setActivePinia(createPinia()) })

async function opened(events: number) {
  const log = aLog(events)
  const store = useTimeline()
  await store.show(filtersOf({}))
  return { store, ...log }
}

describe('reading', () => {
  it('goes on to the end without loss or repetition, and keeps only a stretch', async () => {
    const { store } = await opened(3000)
    const seen = new Set(positions())
    while (store.hasOlder) {
      await store.readOlder()
      positions().forEach((position) => seen.add(position))
      expect(positions()).toEqual(span(positions()[0] ?? 0, positions().at(-1) ?? 1))
      expect(positions().length).toBeLessThanOrEqual(1500)
    }
    expect(seen.size).toBe(3000)
    expect(positions().at(-1)).toBe(1)
  })

  it('goes back up to the newest', async () => {
    const { store } = await opened(3000)
    while (store.hasOlder) await store.readOlder()
    while (store.hasNewer) await store.readNewer()
    expect([positions()[0], store.top]).toEqual([3000, 0])
  })

  it('never moves what is looked at while reading on', async () => {
    const { store } = await opened(3000)
    for (let n = 0; n < 20; n++) {
      const kept = store.rows.at(-1)
      await store.readOlder()
      const again = store.rows.find(({ key }) => key === kept?.key)
      expect((again?.top ?? 0) - store.shift).toBe(kept?.top)
    }
  })

  it('goes anywhere in a million events', async () => {
    const { store } = await opened(1_000_000)
    await store.goTo(store.space / 2)
    expect(Math.abs((positions()[0] ?? 0) - 500_000)).toBeLessThan(5)
    expect([store.hasNewer, store.hasOlder]).toEqual([true, true])
    const first = store.rows[1]
    await store.readNewer()
    expect(store.rows.find(({ key }) => key === first?.key)?.top).toBe((first?.top ?? 0) + store.shift)
  })

  it('asks for what the filters say', async () => {
    const { store, asked } = await opened(10)
    await store.show(filtersOf({ kind: ['image', 'job'], q: 'red car' }))
    expect(asked.some((query) => query.getAll('kind').join() === 'image,job' && query.get('q') === 'red car')).toBe(true)
  })
})

describe('what happens meanwhile', () => {
  const told = (position: number) => anEvent('ImageRated', 'image-i', { position })

  it('is shown at once where the newest is looked at', async () => {
    const { store, append } = await opened(10)
    append(2)
    store.hear(told(11))
    await vi.waitFor(() => { expect(positions().slice(0, 3)).toEqual([12, 11, 10]) })
  })

  it('is counted where one reads further down, and taken in when asked for', async () => {
    const { store, append } = await opened(10)
    store.following = false
    append(3)
    store.hear(told(11))
    await vi.waitFor(() => { expect(store.waiting.length).toBe(3) })
    expect(positions()[0]).toBe(10)
    store.takeIn()
    expect([positions().slice(0, 4), store.waiting.length]).toEqual([[13, 12, 11, 10], 0])
  })

  it('leads to the newest again from far back', async () => {
    const { store } = await opened(100_000)
    await store.goTo(store.space / 2)
    store.takeIn()
    await vi.waitFor(() => { expect(positions()[0]).toBe(100_000) })
  })

  it('gives a picture its thumbnail once it has one', async () => {
    const { store } = await opened(1)
    store.entries = [anEntry('ImageRated', { about: { ...anEntry('').about, images: ['i'] } })]
    store.hear(anEvent('ImageThumbnailMade', 'image-i', { position: 0 }))
    expect(store.entries[0]?.about.thumbnails).toEqual(['/api/images/i/thumbnail'])
  })
})

it('looks no further than what is in sight', async () => {
  const { store, asked } = await opened(5000)
  const before = asked.length
  store.lookAt(0, ENTRY_HEIGHT * 10)
  expect(asked.length).toBe(before)
  store.lookAt(ENTRY_HEIGHT * 90, ENTRY_HEIGHT * 10)
  await vi.waitFor(() => { expect(positions().length).toBe(200) })
})
