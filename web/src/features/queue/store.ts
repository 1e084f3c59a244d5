import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { desk } from '../../api/desk'
import type { Queue, RecordedEvent } from '../../api/types'
import { coalesced } from '../../lib/coalesced'
import { kept } from '../../lib/kept'
import { useAlerts } from '../alerts/store'
import { concernsQueue, EMPTY_QUEUE, load as loadOf, moved } from './order'

export const useQueue = defineStore('queue', () => {
  const queue = ref<Queue | null>(null)
  const open = kept('ddesk.queueOpen', (stored) => stored !== false)
  const shown = computed(() => queue.value ?? EMPTY_QUEUE)
  const count = computed(() => loadOf(shown.value))
  const { attempt } = useAlerts()

  const load = coalesced(async () => { queue.value = await desk.queue() })

  function hear(event: RecordedEvent): void {
    if (concernsQueue(event.stream)) void attempt(load)
  }

  /** Asks, then reads what the queue has become: after a refusal too, so that it is shown as it is. */
  async function ask(action: () => Promise<unknown>): Promise<void> {
    await attempt(action)
    await attempt(load)
  }

  async function move(id: string, by: number): Promise<void> {
    if (!queue.value) return
    queue.value = { ...queue.value, queued: moved(queue.value.queued, id, by) }
    const order = queue.value.queued.map((generation) => generation.id)
    await ask(() => desk.reorder(order))
  }

  const cancel = (id: string) => ask(() => desk.cancel(id))
  const retry = (id: string) => ask(() => desk.retry(id))
  const toFront = (id: string) => ask(() => desk.toFront(id))
  const clear = () => ask(desk.clear)
  const togglePause = () => ask(shown.value.paused ? desk.resume : desk.pause)

  async function cancelRunning(): Promise<void> {
    const [first] = shown.value.running
    if (first) await cancel(first.id)
  }

  return { queue, shown, open, count, load, hear, move, cancel, cancelRunning, retry, toFront, clear, togglePause }
})
