import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { desk } from '../../api/desk'
import type { LiveLoading } from '../../api/types'
import { useAlerts } from '../alerts/store'

export interface Loading {
  preset: string
  /** From 0 to 1. */
  part: number
}

/** Models that workers load, and not for a picture. */
export const useLoading = defineStore('loading', () => {
  const loading = ref<Record<string, Loading>>({})
  const { attempt } = useAlerts()

  const image = computed(() => loading.value.image ?? null)

  function hear({ worker, preset, part, over }: LiveLoading): void {
    if (!over) loading.value = { ...loading.value, [worker]: { preset, part } }
    else if (loading.value[worker]?.preset === preset) {
      loading.value = Object.fromEntries(Object.entries(loading.value).filter(([other]) => other !== worker))
    }
  }

  /** What became of it while the page was not connected is not known. */
  function forget(): void {
    loading.value = {}
  }

  const load = (preset: string) => attempt(() => desk.loadPreset(preset))
  const cancel = () => attempt(() => desk.cancelLoading())

  return { loading, image, hear, forget, load, cancel }
})
