import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { useAlerts } from '../alerts/store'
import { anEvent, anImage, fakeDesk } from '../../testing'
import { useViewer } from './store'

const FIRST = '/api/images?limit=60'
const at = (id: string, second: number) => anImage(id, { made_at: `2026-05-01T10:00:0${second}Z` })

function opened(answers: Record<string, unknown>) {
  const desk = fakeDesk(answers)
  vi.stubGlobal('fetch', desk.fetch)
  return { store: useViewer(), ...desk }
}

beforeEach(() => { setActivePinia(createPinia()) })

it('shows a picture as soon as it is told of one', async () => {
  const { store } = opened({ [`GET ${FIRST}`]: { items: [at('a', 1)], next: null }, 'GET /api/images/b': at('b', 2) })
  await store.load()
  await store.hear(anEvent('ImageAdded', 'image-b'))
  expect(store.images?.map(({ id }) => id)).toEqual(['b', 'a'])
})

it('reads on from where the last page ended, and stops at the end', async () => {
  const { store, asked } = opened({
    [`GET ${FIRST}`]: { items: [at('b', 2)], next: 'p2' }, [`GET ${FIRST}&cursor=p2`]: { items: [at('a', 1)], next: null },
  })
  await store.load()
  await store.loadMore()
  await store.loadMore()
  expect(store.images?.map(({ id }) => id)).toEqual(['b', 'a'])
  expect(asked).toHaveLength(2)
})

it('steps through the pictures past the end of what was read', async () => {
  const { store } = opened({
    [`GET ${FIRST}`]: { items: [at('b', 2)], next: 'p2' }, [`GET ${FIRST}&cursor=p2`]: { items: [at('a', 1)], next: null },
  })
  await store.load()
  store.open('b')
  await store.step(1)
  expect(store.openedImage?.id).toBe('a')
  await store.step(1)
  expect(store.openedImage?.id).toBe('a')
  await store.step(-1)
  expect(store.openedImage?.id).toBe('b')
})

it.each([
  ['copies what the file says', () => Promise.resolve(), /^Settings copied/],
  ['says so where the browser forbids it', () => Promise.reject(new DOMException('no')), /does not let/],
])('%s', async (_, write, told) => {
  const words = Uint8Array.from([0, 0, 0, 12, ...new TextEncoder().encode('tEXtparameters\0x'), 0, 0, 0, 0])
  const file = new Response(Uint8Array.from([...new Uint8Array(8), ...words]))
  const { store } = opened({ [`GET ${FIRST}`]: { items: [at('a', 1)], next: null }, 'GET /api/images/a/file': file })
  const writeText = vi.fn(write)
  vi.stubGlobal('navigator', { clipboard: { writeText } })
  await store.load()
  store.open('a')
  await store.copyParameters()
  expect(writeText).toHaveBeenCalledWith('x')
  expect(useAlerts().alerts[0]?.title).toMatch(told)
})
