import type { Worker } from '../../api/types'
import { memory } from '../../lib/format'

interface Look {
  label: string
  color: 'success' | 'info' | 'warning' | 'error' | 'neutral'
  advice?: string
}

export const WORKER_STATES: Record<Worker['state'], Look> = {
  starting: { label: 'Starting', color: 'info' },
  idle: { label: 'Ready', color: 'success' },
  loading: { label: 'Loading a model', color: 'info' },
  busy: { label: 'Working', color: 'info' },
  down: { label: 'Down', color: 'warning', advice: 'It was lost and is being started again.' },
  quarantined: { label: 'Held down', color: 'error', advice: 'It was lost too often with no work to blame. Restart it when what hindered it is gone.' },
}

export function workerFacts(worker: Worker): { name: string; value: string }[] {
  return [
    { name: 'Process', value: worker.pid === null ? 'None' : String(worker.pid) },
    { name: 'Restarts since the desk opened', value: String(worker.restarts) },
    ...(worker.engine ? [{ name: 'Engine', value: `${worker.engine} ${worker.engine_version}`.trim() }] : []),
    ...(worker.backend ? [{ name: 'Backend', value: worker.backend }] : []),
    ...(worker.kind === 'image' ? [{ name: 'Model loaded', value: worker.model_loaded ?? 'None' }] : []),
    ...(worker.memory ? [{ name: 'Memory', value: memory(worker.memory.rss_mb) }] : []),
  ]
}
