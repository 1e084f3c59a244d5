import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { desk } from '../../api/desk'
import type { Backup, RecordedEvent } from '../../api/types'
import { coalesced } from '../../lib/coalesced'
import { useAlerts } from '../alerts/store'

const ENDS = ['JobCompleted', 'JobFailed', 'JobCancelled']

export const useBackups = defineStore('backups', () => {
  const backups = ref<Backup[] | null>(null)
  const job = ref<string | null>(null)
  const newest = computed(() => backups.value?.[0] ?? null)
  const { attempt } = useAlerts()

  const load = coalesced(async () => { backups.value = (await desk.backups()).items })

  async function make(): Promise<void> {
    job.value = (await attempt(desk.backUp))?.id ?? null
  }

  /** Only a screen that shows them has read them. */
  function hear({ type, stream }: RecordedEvent): void {
    if (stream === `job-${job.value}` && ENDS.includes(type)) job.value = null
    if (type === 'BackupMade' && backups.value) void attempt(load)
  }

  return { backups, newest, job, load, make, hear }
})
