import { defineStore } from 'pinia'
import { ref } from 'vue'
import { desk } from '../../api/desk'
import type { MemoryMeasurement, RecordedEvent } from '../../api/types'
import { useAlerts } from '../alerts/store'

const MOST = 200

/** How far the predictions were off, over the pictures that were measured, the oldest first. */
export const useErrors = defineStore('memoryErrors', () => {
  const measurements = ref<MemoryMeasurement[] | null>(null)
  const preset = ref<string | null>(null)
  const { attempt } = useAlerts()

  async function load(): Promise<void> {
    const asked = preset.value
    const page = await desk.measurements(asked)
    if (asked === preset.value) measurements.value = page.items.reverse()
  }

  /** Where it was read before: perhaps of another moment. */
  async function reload(): Promise<void> {
    if (measurements.value) await load()
  }

  async function narrow(to: string | null): Promise<void> {
    preset.value = to
    measurements.value = null
    await attempt(load)
  }

  function hear(event: RecordedEvent): void {
    const told = event.type === 'MemoryMeasured' ? measurementOf(event) : null
    if (told && measurements.value && (preset.value ?? told.preset_id) === told.preset_id) {
      measurements.value = withMeasurement(measurements.value, told)
    }
  }

  return { measurements, preset, load, reload, narrow, hear }
})

/** How many of the newest pictures speak for how good predictions are now. */
export const RECENT = 10

/** The one in the middle of the errors' sizes; null where there are none. */
export function typical(measurements: readonly Pick<MemoryMeasurement, 'error'>[]): number | null {
  const sizes = measurements.map(({ error }) => Math.abs(error)).sort((one, other) => one - other)
  return sizes[Math.floor(sizes.length / 2)] ?? null
}

export function withMeasurement(measurements: readonly MemoryMeasurement[], told: MemoryMeasurement): MemoryMeasurement[] {
  return [...measurements.filter(({ position }) => position < told.position), told].slice(-MOST)
}

/** What the API would give of the event; null where nothing was measured. */
export function measurementOf({ data, position, recorded_at }: RecordedEvent): MemoryMeasurement | null {
  const facts = data as unknown as Omit<MemoryMeasurement, 'position' | 'measured_at' | 'error'>
  if (!(facts.measured_mb > 0)) return null
  return { ...facts, position, measured_at: recorded_at, error: facts.predicted_mb / facts.measured_mb - 1 }
}
