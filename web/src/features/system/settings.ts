import { defineStore } from 'pinia'
import { ref } from 'vue'
import { desk } from '../../api/desk'
import type { Setting } from '../../api/types'
import { useAlerts } from '../alerts/store'

export const useSettings = defineStore('settings', () => {
  const settings = ref<Setting[] | null>(null)
  const changed = ref<string[]>([])
  const { attempt } = useAlerts()

  async function load(): Promise<void> {
    settings.value = (await attempt(desk.settings))?.items ?? settings.value
  }

  async function change(key: string, value: unknown): Promise<void> {
    const setting = await attempt(() => desk.changeSetting(key, value))
    if (!setting) return load()
    settings.value = settings.value?.map((one) => (one.key === key ? setting : one)) ?? null
    changed.value = [...new Set([...changed.value, key])]
  }

  return { settings, changed, load, change }
})
