import type { ImagePreset, Worker } from '../../api/types'
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
  quarantined: { label: 'Held down', color: 'error', advice: 'It stays down: restart it when what hindered it is gone.' },
}

export function workerFacts(worker: Worker, presets: readonly ImagePreset[]): { name: string; value: string }[] {
  return [
    { name: 'Process', value: worker.pid === null ? 'None' : String(worker.pid) },
    { name: 'Restarts since the desk opened', value: String(worker.restarts) },
    ...(worker.engine ? [{ name: 'Engine', value: `${worker.engine} ${worker.engine_version}`.trim() }] : []),
    ...(worker.kind === 'image' ? engineFacts(worker, presets) : []),
    ...(worker.memory ? [{ name: 'Memory', value: memory(worker.memory.rss_mb) }] : []),
  ]
}

function engineFacts({ backend, model_loaded: id }: Worker, presets: readonly ImagePreset[]): { name: string; value: string }[] {
  const loaded = id === null ? 'None' : presets.find((preset) => preset.id === id)?.name ?? id
  return [...(backend ? [{ name: 'Backend', value: backend }] : []), { name: 'Model loaded', value: loaded }]
}
