import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { moment } from '../../lib/format'
import { aCrash, fakeDesk, refusal } from '../../testing'
import { useAlerts } from '../alerts/store'
import { headline } from './crash'
import { useSupport } from './store'

const CRASH = 'GET /api/system/crash'
const DISMISS = 'POST /api/system/crash/dismiss'
const BUNDLE = 'GET /api/system/bundle'

function supported(answers: Record<string, unknown>) {
  const desk = fakeDesk(answers)
  vi.stubGlobal('fetch', desk.fetch)
  return { support: useSupport(), ...desk }
}

const saved: string[] = []

beforeEach(() => {
  setActivePinia(createPinia())
  saved.length = 0
  vi.spyOn(HTMLAnchorElement.prototype, 'click').mockImplementation(function (this: HTMLAnchorElement) {
    saved.push(this.download)
  })
  return () => { vi.restoreAllMocks() }
})

describe('how the last desk ended', () => {
  it('is nothing to speak of where it ended in order', async () => {
    const { support } = supported({ [CRASH]: null })
    await support.load()
    expect([support.crash, support.last]).toEqual([null, null])
  })

  it('is told until it is dismissed, and known after that too', async () => {
    const { support, asked } = supported({ [CRASH]: aCrash(), [DISMISS]: aCrash({ dismissed: true }) })
    await support.load()
    expect(support.crash?.words).toBe('The desk made a mistake.')
    await support.dismiss()
    expect(support.crash).toBeNull()
    expect(support.last?.dismissed).toBe(true)
    expect(asked).toEqual([CRASH, DISMISS])
  })

  it('is still told where it could not be dismissed', async () => {
    const { support } = supported({ [CRASH]: aCrash(), [DISMISS]: refusal(503, 'logs_unwritable') })
    await support.load()
    await support.dismiss()
    expect(support.crash).not.toBeNull()
    expect(useAlerts().alerts).toHaveLength(1)
  })

  it('says as much of the time as is known', () => {
    const at = '2026-05-01T10:00:00Z'
    expect(headline(aCrash({ at }))).toBe(`The desk ended unexpectedly on ${moment(at)}`)
    expect(headline(aCrash({ at, kind: 'silence' }))).toBe(`The desk ended unexpectedly after ${moment(at)}`)
    expect(headline(aCrash({ at, ended: false }))).toBe(`Something went wrong in the desk on ${moment(at)}`)
  })
})

describe('a support bundle', () => {
  it('is saved under the name that the desk gives it', async () => {
    const headers = { 'content-disposition': 'attachment; filename="ddesk-support-1.zip"' }
    const { support } = supported({ [BUNDLE]: new Response('zip', { headers }) })
    const saving = support.saveBundle()
    expect(support.saving).toBe(true)
    await saving
    expect(support.saving).toBe(false)
    expect(saved).toEqual(['ddesk-support-1.zip'])
  })

  it('that could not be made is told, and nothing is saved', async () => {
    const { support } = supported({ [BUNDLE]: refusal(503, 'bundle_failed') })
    await support.saveBundle()
    expect(support.saving).toBe(false)
    expect(saved).toEqual([])
    expect(useAlerts().alerts).toMatchObject([{ code: 'bundle_failed' }])
  })
})
