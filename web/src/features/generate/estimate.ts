import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { desk } from '../../api/desk'
import { isPast } from '../../api/moment'
import type { Estimate, RecordedEvent } from '../../api/types'
import { coalesced } from '../../lib/coalesced'
import { counted, memory } from '../../lib/format'
import { partName, rungName } from '../memory/words'
import { useGenerate } from './store'

const CHANGES = ['ModelLoaded', 'ModelUnloaded', 'ImageGenerated', 'WorkerReady']

/** What the picture that the form describes would take in memory. */
export const useEstimate = defineStore('estimate', () => {
  const estimate = ref<Estimate | null>(null)
  const generate = useGenerate()
  const asked = computed(() => {
    const { preset, form: { size } } = generate
    return preset && !isPast() ? { preset: preset.id, ...size } : null
  })

  /** It says nothing where it can't be told: the page goes without, and the desk tells what hinders it elsewhere. */
  const load = coalesced(async () => {
    const now = asked.value
    estimate.value = now && await desk.estimate(now.preset, now.width, now.height).catch(() => null)
  })

  watch(() => JSON.stringify(asked.value), load, { immediate: true })

  function hear({ type }: RecordedEvent): void {
    if (estimate.value && CHANGES.includes(type)) void load()
  }

  return { estimate, load, hear }
})

export interface Part { name: string; size: string }

/** Weights stay; of the phases' buffers the largest counts. */
export function partsOf({ weights_mb, context_mb, compute_mb, process_mb }: Estimate): Part[] {
  const [phase, mb] = Object.entries(compute_mb).reduce((most, one) => (one[1] > most[1] ? one : most), ['', 0])
  return [
    ...Object.entries(weights_mb).map(([name, size]) => ({ name: partName(name), size: memory(size) })),
    ...(context_mb ? [{ name: 'Context', size: memory(context_mb) }] : []),
    { name: `Computing (${partName(phase)})`, size: memory(mb) },
    { name: 'Worker', size: memory(process_mb) },
  ]
}

export function sentence({ fits, peak_mb, available_mb, would_fit }: Estimate): string {
  const needs = `eeds about ${memory(peak_mb)} of ${memory(available_mb)}`
  if (fits) return `Fits: n${needs}`
  return `N${needs} and may not fit${would_fit === null ? '' : `: ${would_fit} would`}`
}

/** What would be done so that it fits; empty where nothing has to give. */
export function givingWay({ gives }: Estimate): string {
  return gives.length ? `For that: ${gives.map(rungName).join(', ')}` : ''
}

export function basis({ known, measured }: Estimate): string {
  return known === 'estimated' ? 'A first guess: nothing like it was measured yet.' : `Predicted from ${counted(measured, 'measured picture')}.`
}
