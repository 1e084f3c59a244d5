/** Which events tell of memory, and of whose. */
import type { MemoryPlan, RecordedEvent } from '../../api/types'
import { MEMORY_CODES } from './words'

const STREAM = 'generation-'

/** The generation whose memory an event is about: a plan, a measurement, or that it failed for the lack of it. */
export function subjectOf({ type, stream, data }: RecordedEvent): string | null {
  if (type === 'MemoryPlanned' || type === 'MemoryMeasured') return typeof data.generation_id === 'string' ? data.generation_id : null
  return type === 'GenerationFailed' && MEMORY_CODES.includes(String(data.code)) ? stream.slice(STREAM.length) : null
}

/** The plan that an event holds: it has all the facts that the API gives of it. */
export function planOf({ type, data, position, recorded_at }: RecordedEvent): MemoryPlan | null {
  return type === 'MemoryPlanned' ? { ...(data as unknown as MemoryPlan), position, planned_at: recorded_at } : null
}
