import { defineStore } from 'pinia'
import { ref } from 'vue'
import { desk } from '../../api/desk'
import type { Model, ModelFamilies } from '../../api/types'
import { coalesced } from '../../lib/coalesced'
import { useAlerts } from '../alerts/store'

/** The model files of this machine, and what families of models are made of. */
export const useModels = defineStore('models', () => {
  const models = ref<Model[] | null>(null)
  const families = ref<ModelFamilies | null>(null)
  const scanning = ref(false)
  const { attempt } = useAlerts()

  const load = coalesced(async () => {
    families.value ??= await desk.families()
    models.value = await everyModel()
  })

  /** The list is another; nobody has asked for it before it was first shown. */
  function hear(): void {
    if (models.value) void attempt(load)
  }

  async function scan(): Promise<void> {
    scanning.value = true
    if (await attempt(() => desk.scanModels())) await attempt(load)
    scanning.value = false
  }

  return { models, families, scanning, load, hear, scan }
})

async function everyModel(): Promise<Model[]> {
  const found: Model[] = []
  let cursor: string | null = null
  do {
    const page: Awaited<ReturnType<typeof desk.models>> = await desk.models(cursor)
    found.push(...page.items)
    cursor = page.next
  } while (cursor !== null)
  return found
}
