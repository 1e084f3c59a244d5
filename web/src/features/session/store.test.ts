import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { fakeDesk, refusal } from '../../testing'
import { launchCode, useSession } from './store'

const SIGNED_IN = { signed_in: true, version: '1.0' }

function opened(answers: Record<string, unknown>) {
  const desk = fakeDesk(answers)
  vi.stubGlobal('fetch', desk.fetch)
  return { store: useSession(), ...desk }
}

beforeEach(() => { setActivePinia(createPinia()) })

describe('a launch address', () => {
  it('signs in with its code', async () => {
    const { store, sent } = opened({ 'POST /api/session': SIGNED_IN })
    await store.signIn('abc')
    expect(store.state).toEqual({ kind: 'signed_in', version: '1.0' })
    expect(sent).toEqual([{ code: 'abc' }])
  })

  it('opened once more still opens for a browser that is signed in', async () => {
    const { store } = opened({ 'POST /api/session': refusal(401, 'bad_launch_code'), 'GET /api/session': SIGNED_IN })
    await store.signIn('used')
    expect(store.state.kind).toBe('signed_in')
  })

  it('with a used code says so to anyone else', async () => {
    const denied = { 'POST /api/session': refusal(401, 'bad_launch_code'), 'GET /api/session': refusal(401, 'not_signed_in') }
    const { store } = opened(denied)
    await store.signIn('used')
    expect(store.state).toEqual({ kind: 'signed_out', usedCode: true })
  })

  it('is one only with a code', () => {
    expect(['#code=a', 'code=a', '#other=a', ''].map(launchCode)).toEqual(['a', 'a', null, null])
  })
})

describe('without a code', () => {
  it('a desk that is away is told from one that does not know this browser', async () => {
    const away = opened({})
    await away.store.check()
    expect(away.store.state.kind).toBe('unreachable')
    setActivePinia(createPinia())
    const stranger = opened({ 'GET /api/session': refusal(401, 'not_signed_in') })
    await stranger.store.check()
    expect(stranger.store.state).toEqual({ kind: 'signed_out', usedCode: false })
  })

  it('a page that is signed in stays so while the desk is away', async () => {
    const { store } = opened({ 'GET /api/session': SIGNED_IN })
    await store.check()
    vi.stubGlobal('fetch', fakeDesk({}).fetch)
    await store.check()
    expect(store.state.kind).toBe('signed_in')
  })
})
