import { defineStore } from 'pinia'
import { ref } from 'vue'
import { desk } from '../../api/desk'
import type { RecordedEvent, Setting } from '../../api/types'
import { titled } from '../../lib/format'
import { useAlerts } from '../alerts/store'
import { useUndo } from '../undo/store'

export const useSettings = defineStore('settings', () => {
  const settings = ref<Setting[] | null>(null)
  const changed = ref<string[]>([])
  const { attempt } = useAlerts()

  async function load(): Promise<void> {
    settings.value = (await attempt(desk.settings))?.items ?? settings.value
  }

  async function change(key: string, value: unknown): Promise<void> {
    const setting = await useUndo().act(`${titled(key)} changed`, (account) => desk.changeSetting(key, value, account))
    if (!setting) return load()
    settings.value = settings.value?.map((one) => (one.key === key ? setting : one)) ?? null
    changed.value = [...new Set([...changed.value, key])]
  }

  /** Another page may have changed one, or an undo. */
  function hear({ type }: RecordedEvent): void {
    if (settings.value && type === 'SettingChanged') void load()
  }

  return { settings, changed, load, change, hear }
})
