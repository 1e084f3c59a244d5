import { defineStore } from 'pinia'
import { ref } from 'vue'
import { afterLoss, backoff } from './link'
import type { Link } from './link'
import { heard } from './messages'
import type { Heard } from './messages'

export interface Listener {
  heard: (message: Exclude<Heard, { type: 'ready' }>) => void
  /** Read the lists: at the start, and anew where too much was missed to be told again. Says whether all were read. */
  read: () => Promise<boolean>
  /** It could not be opened again: perhaps this browser is no longer signed in. */
  refused: () => void
}

/** The one WebSocket. The lists are read once it listens, and it comes back to the last event heard: nothing is missed. */
export const useLive = defineStore('live', () => {
  const link = ref<Link>({ kind: 'closed' })
  let position: number | null = null
  let listener: Listener | null = null
  let socket: WebSocket | null = null
  let timer = 0

  function open(to: Listener): void {
    close()
    position = null
    listener = to
    link.value = { kind: 'opening' }
    connect()
  }

  function close(): void {
    window.clearTimeout(timer)
    const closing = socket
    socket = null
    listener = null
    link.value = { kind: 'closed' }
    closing?.close()
  }

  function connect(): void {
    const after = position === null ? '' : `?after=${position}`
    const opened = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/live${after}`)
    opened.binaryType = 'arraybuffer'
    opened.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => { receive(heard(data)) }
    opened.onclose = () => { if (opened === socket) lost() }
    socket = opened
  }

  function receive(message: Heard): void {
    if (message.type === 'ready') return ready(message.position, message.reset)
    if (message.type === 'event') position = message.event.position
    listener?.heard(message)
  }

  function ready(now: number, reset: boolean): void {
    link.value = { kind: 'open' }
    if (position !== null && !reset) return
    position = now
    void listener?.read().then((done) => { if (!done) position = null })
  }

  function lost(): void {
    const next = afterLoss(link.value)
    link.value = next
    if (next.attempt > 0) listener?.refused()
    timer = window.setTimeout(connect, backoff(next.attempt, Math.random()))
  }

  /** Have everything read anew, as where too much was missed. */
  const reread = () => listener?.read()

  return { link, open, close, reread }
})
