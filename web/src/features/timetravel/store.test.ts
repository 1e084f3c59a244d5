import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { placed, readAsOf } from '../../api/moment'
import type { AsOf } from '../../api/types'
import { anEvent, fakeDesk, refusal } from '../../testing'
import { useAlerts } from '../alerts/store'
import { useTravel } from './store'

const moment = (position: number, named: Partial<AsOf> = {}): AsOf => ({
  position, head: 9, recorded_at: '2026-05-01T10:00:00Z', type: 'ImageTrashed', building: null, ...named,
})

function asks(answers: Record<string, unknown>): string[] {
  const { fetch, asked } = fakeDesk(answers)
  vi.stubGlobal('fetch', fetch)
  return asked
}

beforeEach(() => {
  setActivePinia(createPinia())
  return () => { readAsOf(null) }
})

/** An answer that the test gives when it likes. */
function pending(): { answer: Promise<Response>; give: (moment: AsOf) => void } {
  let give: (moment: AsOf) => void = () => undefined
  const answer = new Promise<Response>((resolve) => { give = (moment) => { resolve(Response.json(moment)) } })
  return { answer, give }
}

it('has everything read as it was once that moment is there', async () => {
  asks({ 'GET /api/as-of/5': moment(5) })
  const travel = useTravel()
  const going = travel.follow(5)
  expect([travel.entering, placed('/api/images')]).toEqual([true, '/api/images'])
  await going
  expect([travel.entering, placed('/api/images')]).toEqual([false, '/api/as-of/5/images'])
  await travel.follow(null)
  expect([travel.past, placed('/api/images')]).toEqual([null, '/api/images'])
})

it('asks again for as long as it is being built, and says how far that is', async () => {
  let rounds = 0
  vi.stubGlobal('fetch', () => {
    rounds += 1
    if (rounds > 1) expect(travel.opening).toEqual({ position: 8, done: rounds - 1 })
    return Promise.resolve(Response.json(moment(8, { building: rounds < 4 ? { done: rounds, total: 8 } : null })))
  })
  const travel = useTravel()
  await travel.follow(8)
  expect([rounds, travel.past?.position, travel.opening]).toEqual([4, 8, null])
})

it('shows what was asked for last, whichever comes first', async () => {
  const slow = pending()
  vi.stubGlobal('fetch', (path: string) => (path.endsWith('/3') ? slow.answer : Promise.resolve(Response.json(moment(4)))))
  const travel = useTravel()
  const first = travel.follow(3)
  await travel.follow(4)
  slow.give(moment(3))
  await first
  expect(travel.past?.position).toBe(4)
})

it('hears live how far it is', async () => {
  const { answer, give } = pending()
  vi.stubGlobal('fetch', () => answer)
  const travel = useTravel()
  const going = travel.follow(8)
  travel.tell({ type: 'shadow', position: 8, done: 6 })
  travel.tell({ type: 'shadow', position: 7, done: 2 })
  expect(travel.opening).toEqual({ position: 8, done: 6 })
  give(moment(8))
  await going
})

it('comes back to now from where the log never was', async () => {
  asks({ 'GET /api/as-of/99': refusal(404, 'no_such_position') })
  const travel = useTravel()
  await travel.follow(99)
  expect([travel.past, travel.shown, useAlerts().alerts.length]).toEqual([null, false, 1])
})

it('stays where it is while the log grows', async () => {
  asks({ 'GET /api/as-of/5': moment(5) })
  const travel = useTravel()
  await travel.follow(5)
  travel.hear({ type: 'event', event: anEvent('ImageTrashed', 'image-a', { position: 10 }) })
  expect([travel.past?.position, travel.past?.head]).toEqual([5, 10])
})

it('brings a thing back from the moment that is shown, and says whether that changed it', async () => {
  const asked = asks({ 'GET /api/as-of/5': moment(5), 'POST /api/as-of/5/restore': { changed: true } })
  const travel = useTravel()
  await travel.follow(5)
  await travel.bringBack('image-a')
  expect(asked.at(-1)).toBe('POST /api/as-of/5/restore')
  expect(useAlerts().alerts.map(({ title }) => title)).toEqual(['It is again as it was then'])
})
