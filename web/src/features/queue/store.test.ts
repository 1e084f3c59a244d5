import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { aGeneration, anEvent, aQueue, fakeDesk, refusal } from '../../testing'
import { useAlerts } from '../alerts/store'
import { useQueue } from './store'

const WAITING = ['a', 'b'].map((id) => aGeneration(id))

function opened(answers: Record<string, unknown>) {
  const desk = fakeDesk({ 'GET /api/queue': aQueue({ queued: WAITING }), ...answers })
  vi.stubGlobal('fetch', desk.fetch)
  return { store: useQueue(), ...desk }
}

beforeEach(() => { setActivePinia(createPinia()) })

it('reads itself anew when something happens to a generation, once however much happens at once', async () => {
  const { store, asked } = opened({})
  for (const type of ['GenerationRequested', 'GenerationStarted', 'ImageGenerated']) store.hear(anEvent(type, 'generation-a'))
  await vi.waitFor(() => { expect(store.shown.queued).toHaveLength(2) })
  expect(asked.length).toBeLessThanOrEqual(2)
})

it('shows a new order before the desk has answered', async () => {
  const { store, sent } = opened({ 'POST /api/queue/reorder': aQueue() })
  await store.load()
  const done = store.move('b', -1)
  expect(store.shown.queued.map(({ id }) => id)).toEqual(['b', 'a'])
  await done
  expect(sent).toContainEqual({ generations: ['b', 'a'] })
})

it('shows the desk’s order again where it refuses another, and says why', async () => {
  const { store } = opened({ 'POST /api/queue/reorder': refusal(409, 'not_waiting') })
  await store.load()
  await store.move('b', -1)
  expect(store.shown.queued.map(({ id }) => id)).toEqual(['a', 'b'])
  expect(useAlerts().alerts).toHaveLength(1)
})

it('pauses, and goes on where it is paused', async () => {
  const { store, asked } = opened({
    'GET /api/queue': aQueue({ paused: true }), 'POST /api/queue/pause': aQueue(), 'POST /api/queue/resume': aQueue(),
  })
  await store.togglePause()
  await store.togglePause()
  expect(asked.filter((call) => call.startsWith('POST'))).toEqual(['POST /api/queue/pause', 'POST /api/queue/resume'])
})

it('cancels what runs, and asks for nothing while nothing does', async () => {
  const { store, asked } = opened({
    'GET /api/queue': aQueue({ running: [aGeneration('a')] }), 'POST /api/generations/a/cancel': aGeneration('a'),
  })
  await store.cancelRunning()
  expect(asked).toEqual([])
  await store.load()
  await store.cancelRunning()
  expect(asked).toContain('POST /api/generations/a/cancel')
})
