import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { desk } from '../../api/desk'
import type { Queue, RecordedEvent } from '../../api/types'
import { coalesced } from '../../lib/coalesced'
import { kept } from '../../lib/kept'
import { useAlerts } from '../alerts/store'
import { useUndo } from '../undo/store'
import { concernsQueue, EMPTY_QUEUE, load as loadOf, moved } from './order'

export const useQueue = defineStore('queue', () => {
  const queue = ref<Queue | null>(null)
  const open = kept('ddesk.queueOpen', (stored) => stored !== false)
  const shown = computed(() => queue.value ?? EMPTY_QUEUE)
  const count = computed(() => loadOf(shown.value))
  const { attempt } = useAlerts()
  const { act } = useUndo()

  const load = coalesced(async () => { queue.value = await desk.queue() })

  function hear(event: RecordedEvent): void {
    if (concernsQueue(event.stream)) void attempt(load)
  }

  /** Asks, then reads what the queue has become: after a refusal too, so that it is shown as it is. */
  async function ask(words: string, action: (account: string) => Promise<unknown>): Promise<void> {
    await act(words, action)
    await attempt(load)
  }

  async function move(id: string, by: number): Promise<void> {
    if (!queue.value) return
    queue.value = { ...queue.value, queued: moved(queue.value.queued, id, by) }
    const order = queue.value.queued.map((generation) => generation.id)
    await ask('Queue reordered', (account) => desk.reorder(order, account))
  }

  const cancel = (id: string) => ask('Generation cancelled', (account) => desk.cancel(id, account))
  const retry = (id: string) => ask('Generation tried again', (account) => desk.retry(id, account))
  const toFront = (id: string) => ask('Moved to the front', (account) => desk.toFront(id, account))
  const clear = () => ask('Queue cleared', desk.clear)
  const togglePause = () => shown.value.paused ? ask('Queue resumed', desk.resume) : ask('Queue paused', desk.pause)

  async function cancelRunning(): Promise<void> {
    const [first] = shown.value.running
    if (first) await cancel(first.id)
  }

  return { queue, shown, open, count, load, hear, move, cancel, cancelRunning, retry, toFront, clear, togglePause }
})
