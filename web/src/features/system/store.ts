import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { desk } from '../../api/desk'
import type { LiveMemory, RecordedEvent, System } from '../../api/types'
import { coalesced } from '../../lib/coalesced'
import { useAlerts } from '../alerts/store'
import { shares, stalled } from './memory'

export const useSystem = defineStore('system', () => {
  const system = ref<System | null>(null)
  const restarting = ref<string[]>([])
  const unloading = ref<string[]>([])
  const { attempt } = useAlerts()

  const memoryShares = computed(() =>
    system.value ? shares(system.value.memory, system.value.workers, system.value.desk_mb) : null)
  const troubles = computed(() => {
    if (!system.value) return 0
    const down = system.value.workers.filter(({ state }) => state === 'down' || state === 'quarantined')
    return down.length + stalled(system.value).length
  })

  const load = coalesced(async () => { system.value = await desk.system() })

  function sample({ memory, workers }: LiveMemory): void {
    if (system.value) system.value = { ...system.value, memory, workers }
  }

  function hear(event: RecordedEvent): void {
    if (event.stream.startsWith('worker-')) void attempt(load)
    else if (system.value) system.value.log_position = Math.max(system.value.log_position, event.position)
  }

  async function restart(kind: string): Promise<void> {
    restarting.value = [...restarting.value, kind]
    await attempt(() => desk.restart(kind))
    restarting.value = restarting.value.filter((other) => other !== kind)
    await attempt(load)
  }

  /** Has a worker let its model go, or only the context of that. */
  async function unload(owner: string, depth: 'hard' | 'soft'): Promise<void> {
    unloading.value = [...unloading.value, owner]
    await attempt(() => desk.unload(owner, depth))
    unloading.value = unloading.value.filter((other) => other !== owner)
    await attempt(load)
  }

  return { system, restarting, unloading, memoryShares, troubles, load, sample, hear, restart, unload }
})
