import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { anEvent } from '../testing'
import { useLive } from './store'

class FakeSocket {
  static made: FakeSocket[] = []
  onmessage: ((message: { data: string }) => void) | null = null
  onclose: (() => void) | null = null
  closed = false

  constructor(readonly url: string) {
    FakeSocket.made.push(this)
  }

  close(): void {
    this.closed = true
    this.onclose?.()
  }

  say(message: unknown): void {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
}

const ready = (position: number, reset = false) => ({ type: 'ready', position, reset })
const event = (position: number) => ({ type: 'event', event: anEvent('JobStarted', 'job-1', { position }) })

function opened(allRead = true) {
  const listener = { heard: vi.fn(), read: vi.fn(() => Promise.resolve(allRead)), refused: vi.fn() }
  const live = useLive()
  live.open(listener)
  return { live, ...listener }
}

function socket(): FakeSocket {
  const last = FakeSocket.made.at(-1)
  if (!last) throw new Error('no socket was opened')
  return last
}

/** The desk ends the connection, and the page waits as long as it may before it comes back. */
function lose(): void {
  socket().onclose?.()
  vi.advanceTimersByTime(8000)
}

beforeEach(() => {
  FakeSocket.made = []
  vi.stubGlobal('WebSocket', FakeSocket)
  vi.useFakeTimers()
  setActivePinia(createPinia())
  return () => vi.useRealTimers()
})

describe('the live connection', () => {
  it('has the lists read only once it listens, so that no event falls between', () => {
    const { read } = opened()
    expect(socket().url).toMatch(/^ws.*\/api\/live$/)
    expect(read).not.toHaveBeenCalled()
    socket().say(ready(10))
    expect(read).toHaveBeenCalledOnce()
  })

  it('has them read again after a reconnect where that failed', async () => {
    const { read } = opened(false)
    socket().say(ready(10))
    await read.mock.results[0]?.value
    lose()
    socket().say(ready(10))
    expect(read).toHaveBeenCalledTimes(2)
  })

  it('is open once the desk says that it is ready', () => {
    const { live } = opened()
    expect(live.link.kind).toBe('opening')
    socket().say(ready(10))
    expect(live.link.kind).toBe('open')
  })

  it('passes on what it hears, and comes back to the last event that it heard', () => {
    const { heard, read } = opened()
    socket().say(ready(10))
    socket().say(event(11))
    socket().say(event(12))
    lose()
    expect(heard).toHaveBeenCalledTimes(2)
    expect(socket().url).toMatch(/after=12$/)
    socket().say(ready(14))
    expect(read).toHaveBeenCalledOnce()
  })

  it('has everything read anew where too much was missed, and goes on from there', () => {
    const { read } = opened()
    socket().say(ready(10))
    lose()
    socket().say(ready(5000, true))
    expect(read).toHaveBeenCalledTimes(2)
    lose()
    expect(socket().url).toMatch(/after=5000$/)
  })

  it('wonders whether it may come in only when coming back fails', () => {
    const { refused, live } = opened()
    socket().say(ready(10))
    lose()
    expect(refused).not.toHaveBeenCalled()
    lose()
    expect(refused).toHaveBeenCalledOnce()
    expect(live.link).toEqual({ kind: 'lost', attempt: 1 })
  })

  it('stays closed once it was closed', () => {
    const { live } = opened()
    const [first] = FakeSocket.made
    live.close()
    vi.advanceTimersByTime(60_000)
    expect([first?.closed, FakeSocket.made.length, live.link.kind]).toEqual([true, 1, 'closed'])
  })
})
