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

it('lets go of what is moved to the trash, shows the next in its place, and has it again when it is restored', async () => {
  const { store, asked } = opened({
    [`GET ${FIRST}`]: { items: [at('b', 2), at('a', 1)], next: null }, 'GET /api/images/b': at('b', 2),
  })
  await store.load()
  store.open('b')
  await store.hear(anEvent('ImageTrashed', 'image-b'))
  expect([store.images?.map(({ id }) => id), store.opened]).toEqual([['a'], 'a'])
  expect(asked).toHaveLength(1)
  await store.hear(anEvent('ImageRestored', 'image-b'))
  expect(store.images?.map(({ id }) => id)).toEqual(['b', 'a'])
})

it('shows a picture of the trash where that is opened by itself, and lists it once it is taken out', async () => {
  const trashed = { ...at('b', 2), trashed: true }
  const { store } = opened({ [`GET ${FIRST}`]: { items: [at('a', 1)], next: null }, 'GET /api/images/b': trashed })
  await store.load()
  await store.show('b')
  expect([store.openedImage, store.images?.map(({ id }) => id)]).toEqual([trashed, ['a']])
  store.take([at('b', 2)])
  expect(store.images?.map(({ id }) => id)).toEqual(['b', 'a'])
  store.take([trashed])
  expect([store.openedImage?.trashed, store.images?.map(({ id }) => id)]).toEqual([true, ['a']])
})

it('asks for nothing where a picture changes that it does not show', async () => {
  const { store, asked } = opened({ [`GET ${FIRST}`]: { items: [at('a', 1)], next: 'p2' } })
  await store.load()
  await store.hear(anEvent('ImageRated', 'image-old'))
  await store.hear(anEvent('ImagePurged', 'image-old'))
  expect(asked).toHaveLength(1)
})

it('reads the list once where many change at once', async () => {
  const many = Array.from({ length: 50 }, (_, n) => at(`i${n}`, 1))
  const { store, asked } = opened({ [`GET ${FIRST}`]: { items: many, next: null }, 'GET /api/images/i0': many[0] })
  await store.load()
  await Promise.all(many.map(({ id }) => store.hear(anEvent('ImageRestored', `image-${id}`))))
  expect(asked).toEqual([`GET ${FIRST}`, 'GET /api/images/i0', `GET ${FIRST}`])
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
