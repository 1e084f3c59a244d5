import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { desk } from '../../api/desk'
import type { Crash } from '../../api/types'
import { save } from '../../lib/save'
import { useAlerts } from '../alerts/store'

export const useSupport = defineStore('support', () => {
  const last = ref<Crash | null>(null)
  const saving = ref(false)
  const { attempt } = useAlerts()

  /** What a person should hear of, until they have. */
  const crash = computed(() => (last.value?.dismissed ? null : last.value))

  async function follow(question: () => Promise<Crash | null>): Promise<void> {
    const found = await attempt(question)
    if (found !== undefined) last.value = found
  }

  const load = () => follow(desk.crash)
  const dismiss = () => follow(desk.dismissCrash)

  async function saveBundle(): Promise<void> {
    saving.value = true
    const file = await attempt(desk.bundle)
    saving.value = false
    if (file) save(file)
  }

  return { last, crash, saving, load, dismiss, saveBundle }
})
