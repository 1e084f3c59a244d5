import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { LiveMemory, MemoryMeasurement, Queue, RecordedEvent } from '../../api/types'
import { useQueue } from '../queue/store'
import { shares } from '../system/memory'
import type { Share } from '../system/memory'
import { useSystem } from '../system/store'
import { measurementOf } from './errors'

/** How far back the desk's memory is shown, in seconds. */
export const SPAN = 300

/** The device's memory at a moment, in seconds since 1970; `mib` is by owner, and all of it `total`. */
export interface Sample {
  at: number
  device: string
  total: number
  mib: Partial<Record<Share['owner'], number>>
}

/** A generation at work. It still is where `until` is null. */
export interface Job {
  generation: string
  words: string
  from: number
  until: number | null
  end: 'completed' | 'failed' | 'cancelled' | 'interrupted' | null
  /** What its last picture took, once that is known. */
  took: MemoryMeasurement | null
}

const ENDS: Record<string, Job['end']> = {
  GenerationCompleted: 'completed', GenerationFailed: 'failed', GenerationCancelled: 'cancelled', GenerationInterrupted: 'interrupted',
}
const STREAM = 'generation-'

/** What lies further back is dropped; another device is another history. */
export function withSample(samples: readonly Sample[], sample: Sample): Sample[] {
  return [...samples.filter(({ at, device }) => at > sample.at - SPAN && at < sample.at && device === sample.device), sample]
}

/** Of those that ended, only the ones that are still in sight. */
export function withJob(jobs: readonly Job[], job: Job, now: number): Job[] {
  const others = jobs.filter(({ generation, from }) => generation !== job.generation || from !== job.from)
  return [...others, job].filter(({ until }) => until === null || until > now - SPAN)
}

/** Together with those that ran already when the page was opened. */
export function withRunning(jobs: readonly Job[], running: Queue['running']): Job[] {
  const told = new Set(jobs.map(({ generation }) => generation))
  const missed = running.filter(({ id, started_at }) => started_at !== null && !told.has(id)).map((each) => ({
    generation: each.id, words: each.recipe.prompt, from: seconds(each.started_at ?? ''), until: null, end: null, took: null,
  }))
  return [...missed, ...jobs]
}

/** The device's memory over the last minutes, and what ran meanwhile. */
export const useMemoryHistory = defineStore('memoryHistory', () => {
  const samples = shallowRef<Sample[]>([])
  const told = ref<Job[]>([])
  const prompts = new Map<string, string>()
  const queue = useQueue()
  const jobs = computed(() => withRunning(told.value, queue.shown.running))

  function sample({ memory, workers }: LiveMemory): void {
    const mib = shares(memory, workers, useSystem().system?.desk_mb ?? 0).map((share) => [share.owner, share.mib] as const)
    samples.value = withSample(samples.value, {
      at: Date.now() / 1000, device: memory.device, total: memory.total_mb, mib: Object.fromEntries(mib) as Sample['mib'],
    })
  }

  function hear(event: RecordedEvent): void {
    const { type, stream, data, recorded_at } = event
    if (type === 'MemoryMeasured') return measure(measurementOf(event))
    const at = seconds(recorded_at)
    const generation = stream.slice(STREAM.length)
    if (type === 'GenerationRequested' && typeof data.prompt === 'string') prompts.set(generation, data.prompt)
    if (type === 'GenerationStarted') take({ generation, words: wordsOf(generation), from: at, until: null, end: null, took: null })
    const end = ENDS[type]
    const ending = end && jobs.value.find((job) => job.generation === generation && job.until === null)
    if (ending) take({ ...ending, until: at, end })
    if (end) prompts.delete(generation)
  }

  function measure(took: MemoryMeasurement | null): void {
    const job = [...jobs.value].reverse().find(({ generation }) => generation === took?.generation_id)
    if (job) take({ ...job, took })
  }

  function take(job: Job): void {
    told.value = withJob(told.value, job, Date.now() / 1000)
  }

  function wordsOf(generation: string): string {
    const { running, queued } = queue.shown
    return prompts.get(generation) ?? [...running, ...queued].find(({ id }) => id === generation)?.recipe.prompt ?? ''
  }

  return { samples, jobs, sample, hear }
})

function seconds(iso: string): number {
  return Date.parse(iso) / 1000
}
