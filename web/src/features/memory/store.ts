import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { ShallowRef } from 'vue'
import { desk } from '../../api/desk'
import type { GenerationMemory, LiveAlert, RecordedEvent } from '../../api/types'
import { useAlerts } from '../alerts/store'
import type { Told } from '../alerts/store'
import { EXPLAINED } from './words'

const TOLD = ['MemoryPlanned', 'MemoryMeasured']

/** Of which generation it is asked why it ran as it did, and which one there is news of. */
export const useWhy = defineStore('why', () => {
  const asked = ref<string | null>(null)
  const news = ref<{ generation: string; position: number } | null>(null)

  function ask(generation: string | null): void {
    asked.value = generation
  }

  function hear({ type, data, position }: RecordedEvent): void {
    const generation = data.generation_id
    if (TOLD.includes(type) && typeof generation === 'string') news.value = { generation, position }
  }

  /** What was told of the memory of work leads to why. */
  function explained(alert: LiveAlert): Told {
    const { code, generation } = alert
    if (!generation || !EXPLAINED.includes(code)) return alert
    return { ...alert, action: { label: 'Why?', run: () => { ask(generation) } } }
  }

  return { asked, news, ask, hear, explained }
})

/** What was decided about the memory of a generation, kept up to date; null until it is read. */
export function useGenerationMemory(generation: () => string): ShallowRef<GenerationMemory | null> {
  const told = shallowRef<GenerationMemory | null>(null)
  const why = useWhy()
  const { attempt } = useAlerts()

  async function load(id: string): Promise<void> {
    const found = await attempt(() => desk.generationMemory(id))
    if (found && id === generation()) told.value = found
  }

  watch(generation, (id) => {
    told.value = null
    void load(id)
  }, { immediate: true })
  watch(() => why.news, (news) => { if (news?.generation === generation()) void load(news.generation) })
  return told
}
