import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import type { Image } from '../../api/types'
import { anImage, fakeDesk } from '../../testing'
import { useUndo } from '../undo/store'
import { handShortcuts, starShortcuts, useHand } from './hand'
import { useViewer } from './store'

const SHOWN = anImage('a', { tags: ['sea'] })

async function opened(answers: Record<string, Image>) {
  const desk = fakeDesk({ 'GET /api/images?limit=60': { items: [SHOWN], next: null }, ...answers })
  vi.stubGlobal('fetch', desk.fetch)
  const viewer = useViewer()
  await viewer.load()
  return { viewer, hand: useHand(), ...desk }
}

beforeEach(() => { setActivePinia(createPinia()) })

it.each([
  ['4', 'rate', { rating: 4 }, anImage('a', { rating: 4 })],
  ['0', 'rate', { rating: 0 }, anImage('a')],
  ['f', 'favorite', null, anImage('a', { favorite: true })],
])('%s says what the desk is asked, and shows what it answers', async (keys, path, body, answer) => {
  const { viewer, sent, asked } = await opened({ [`POST /api/images/a/${path}`]: answer })
  const shortcuts = [...starShortcuts(() => SHOWN), ...handShortcuts(() => SHOWN)]
  shortcuts.find((one) => one.keys === keys)?.run()
  await vi.waitFor(() => { expect(viewer.images).toEqual([answer]) })
  expect([asked.at(-1), sent.at(-1)]).toEqual([`POST /api/images/a/${path}`, body])
})

it('does nothing where no picture is meant', async () => {
  const { asked } = await opened({})
  for (const one of [...starShortcuts(() => null), ...handShortcuts(() => null)]) one.run()
  expect(asked).toHaveLength(1)
})

it('puts a picture into the trash, out of sight, and can take that back', async () => {
  const { viewer, hand } = await opened({ 'POST /api/images/a/trash': anImage('a', { trashed: true }) })
  await hand.toggleTrash(SHOWN)
  expect(viewer.images).toEqual([])
  expect(useUndo().done.map(({ words }) => words)).toEqual(['Moved to the trash'])
})

it('adds and removes a tag', async () => {
  const { hand, sent } = await opened({ 'POST /api/images/a/tags': SHOWN })
  await hand.tag(SHOWN, 'night')
  await hand.untag(SHOWN, 'sea')
  expect(sent.slice(1)).toEqual([{ add: ['night'] }, { remove: ['sea'] }])
})
