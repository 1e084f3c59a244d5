import { defineStore } from 'pinia'
import { ref } from 'vue'
import { desk } from '../../api/desk'
import type { RecordedEvent, Trash } from '../../api/types'
import { coalesced } from '../../lib/coalesced'
import { useAlerts } from '../alerts/store'

const CHANGES = ['ImageTrashed', 'ImageRestored', 'ImagePurged']

export const useTrash = defineStore('trash', () => {
  const trash = ref<Trash | null>(null)
  const { attempt, show } = useAlerts()

  const load = coalesced(async () => { trash.value = await desk.trash() })

  function hear({ type }: RecordedEvent): void {
    if (trash.value && CHANGES.includes(type)) void attempt(load)
  }

  /** With `forget` what was said of the pictures goes too, and where it is left is told. */
  async function empty(forget: boolean): Promise<void> {
    const done = await attempt(() => desk.emptyTrash(forget))
    const backups = done?.forgotten?.backups ?? []
    if (backups.length) show({ level: 'warning', title: 'Backups still hold the words', words: backups.join('\n'), advice: 'Delete these files too, if nobody is to read them.' })
    await attempt(load)
  }

  return { trash, load, hear, empty }
})
