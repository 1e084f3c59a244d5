import { defineStore } from 'pinia'
import { ref } from 'vue'
import { afterLoss, backoff } from './link'
import type { Link } from './link'
import { heard } from './messages'
import type { Heard } from './messages'

export interface Listener {
  heard: (message: Exclude<Heard, { type: 'ready' }>) => void
  /** Too much was missed to be told again: read the lists anew. */
  reset: () => void
  /** It could not be opened again: perhaps this browser is no longer signed in. */
  refused: () => void
}

/** The one WebSocket. `position` is that of the last event heard, so that a reconnect misses nothing. */
export const useLive = defineStore('live', () => {
  const link = ref<Link>({ kind: 'closed' })
  let position = 0
  let listener: Listener | null = null
  let socket: WebSocket | null = null
  let timer = 0

  function open(after: number, to: Listener): void {
    close()
    position = after
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
    const opened = new WebSocket(`${location.origin.replace(/^http/, 'ws')}/api/live?after=${position}`)
    opened.binaryType = 'arraybuffer'
    opened.onmessage = ({ data }: MessageEvent<string | ArrayBuffer>) => { receive(heard(data)) }
    opened.onclose = () => { if (opened === socket) lost() }
    socket = opened
  }

  function receive(message: Heard): void {
    if (message.type === 'ready') {
      link.value = { kind: 'open' }
      if (!message.reset) return
      position = message.position
      listener?.reset()
      return
    }
    if (message.type === 'event') position = message.event.position
    listener?.heard(message)
  }

  function lost(): void {
    const next = afterLoss(link.value)
    link.value = next
    if (next.attempt > 0) listener?.refused()
    timer = window.setTimeout(connect, backoff(next.attempt, Math.random()))
  }

  return { link, open, close }
})
