import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { desk } from '../../api/desk'
import { anEvent, fakeDesk, refusal } from '../../testing'
import { useSession } from '../session/store'
import { useAlerts, withAlert } from './store'

const told = (key: number, title: string) => ({ key, level: 'info' as const, title, words: '' })

beforeEach(() => {
  vi.useFakeTimers()
  setActivePinia(createPinia())
  return () => vi.useRealTimers()
})

describe('alerts', () => {
  it('say the same thing once', () => {
    const twice = withAlert(withAlert([], told(1, 'lost')), told(2, 'lost'))
    expect(twice.map(({ key }) => key)).toEqual([2])
  })

  it('leave room: the newest few stay', () => {
    const many = [1, 2, 3, 4, 5, 6].reduce((alerts, key) => withAlert(alerts, told(key, String(key))), [] as ReturnType<typeof withAlert>)
    expect(many.map(({ key }) => key)).toEqual([3, 4, 5, 6])
  })

  it('go away by themselves, but for errors, which wait for someone who was away', () => {
    const alerts = useAlerts()
    const titles = () => alerts.alerts.map(({ title }) => title)
    alerts.show({ level: 'error', title: 'failed', words: '' })
    alerts.show({ level: 'warning', title: 'lost', words: '' })
    alerts.show({ level: 'info', title: 'copied', words: '' })
    vi.advanceTimersByTime(6000)
    expect(titles()).toEqual(['failed', 'lost'])
    vi.advanceTimersByTime(3_600_000)
    expect(titles()).toEqual(['failed'])
  })
})

describe('an alert that no longer holds', () => {
  const interrupted = { level: 'error' as const, title: 'A picture was interrupted', words: '', generation: 'g' }

  it.each(['GenerationRetried', 'GenerationCancelled'])('goes with %s of its work', (type) => {
    const alerts = useAlerts()
    alerts.show(interrupted)
    alerts.hear(anEvent(type, 'generation-other'))
    alerts.hear(anEvent('GenerationFailed', 'generation-g'))
    expect(alerts.alerts).toHaveLength(1)
    alerts.hear(anEvent(type, 'generation-g'))
    expect(alerts.alerts).toEqual([])
  })

  it('goes when the desk answers again', async () => {
    const alerts = useAlerts()
    alerts.show(interrupted)
    vi.stubGlobal('fetch', fakeDesk({}).fetch)
    await alerts.attempt(desk.queue)
    expect(alerts.alerts).toHaveLength(2)
    alerts.reached()
    expect(alerts.alerts).toMatchObject([{ title: 'A picture was interrupted' }])
  })
})

describe('what a person asked for', () => {
  it('gives its answer and tells nothing where it succeeds', async () => {
    expect(await useAlerts().attempt(() => Promise.resolve(3))).toBe(3)
    expect(useAlerts().alerts).toEqual([])
  })

  it('leads to the signed-out page, not to an alert, where the desk no longer knows the browser', async () => {
    const denied = refusal(401, 'not_signed_in')
    vi.stubGlobal('fetch', fakeDesk({ 'GET /api/queue': denied, 'GET /api/session': denied }).fetch)
    expect(await useAlerts().attempt(desk.queue)).toBeUndefined()
    expect([useSession().state.kind, useAlerts().alerts]).toEqual(['signed_out', []])
  })

  it('says so where the desk does not answer', async () => {
    vi.stubGlobal('fetch', fakeDesk({}).fetch)
    await useAlerts().attempt(desk.queue)
    expect(useAlerts().alerts).toMatchObject([{ level: 'warning', title: 'The desk doesn’t answer' }])
  })

  it('hides no fault of the page itself', async () => {
    await expect(useAlerts().attempt(() => Promise.reject(new TypeError('bug')))).rejects.toThrow('bug')
  })
})
