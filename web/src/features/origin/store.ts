import { defineStore } from 'pinia'
import { ref } from 'vue'
import { desk } from '../../api/desk'
import type { ImageOrigin, RecordedEvent } from '../../api/types'
import { useAlerts } from '../alerts/store'
import { outcome } from './words'

const STREAM = 'generation-'

export const useOrigin = defineStore('origin', () => {
  const shown = ref<{ image: string; origin: ImageOrigin } | null>(null)
  const awaited = new Set<string>()
  const { attempt, show } = useAlerts()

  /** Looks what made a picture; asked again, it is put away. */
  async function toggle(image: string): Promise<void> {
    if (shown.value?.image === image) {
      shown.value = null
      return
    }
    const origin = await attempt(() => desk.origin(image))
    shown.value = origin ? { image, origin } : null
  }

  async function makeAgain(image: string): Promise<void> {
    const asked = await attempt(() => desk.rerun(image))
    if (!asked) return
    awaited.add(asked.id)
    show({ level: 'info', title: 'It is being made again', words: 'The new picture is kept beside this one.' })
  }

  /** Compares what this page asked for as soon as it is there. */
  async function hear({ type, stream }: RecordedEvent): Promise<void> {
    const id = stream.slice(STREAM.length)
    if (type !== 'GenerationCompleted' || !awaited.delete(id)) return
    const compared = await attempt(() => desk.comparison(id))
    if (compared) show({ level: compared.identical ? 'info' : 'warning', ...outcome(compared) })
  }

  return { shown, toggle, makeAgain, hear }
})
