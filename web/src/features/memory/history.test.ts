import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { aDevice, aGeneration, aMemory, anEvent, aQueue, aRecipe, aWorker } from '../../testing'
import { useQueue } from '../queue/store'
import { SPAN, useMemoryHistory, withSample } from './history'
import type { Sample } from './history'

const MIB = { image: 0, desk: 0, other: 0, free: 0 }
const sampled = (at: number, device = 'cpu'): Sample => ({ at, device, total: 8000, mib: MIB })
const at = (seconds: number) => new Date(1_000_000 + 1000 * seconds).toISOString()

beforeEach(() => {
  setActivePinia(createPinia())
  vi.useFakeTimers({ now: 1_000_000 })
})
afterEach(() => { vi.useRealTimers() })

describe('samples', () => {
  it('go as far back as is shown', () => {
    const samples = [0, 1, 2].map((each) => sampled(each))
    expect(withSample(samples, sampled(SPAN + 1)).map((each) => each.at)).toEqual([2, SPAN + 1])
  })

  it('begin anew with another device', () => {
    expect(withSample([sampled(1)], sampled(2, 'RTX')).map(({ device }) => device)).toEqual(['RTX'])
  })

  it('stay in order when the clock is set back', () => {
    expect(withSample([sampled(1), sampled(5)], sampled(3)).map((each) => each.at)).toEqual([1, 3])
  })

  it('are of what the workers report', () => {
    const store = useMemoryHistory()
    store.sample({ type: 'memory', memory: aDevice(), workers: [aWorker('image', aMemory({ rss_mb: 900 }))] })
    expect(store.samples).toEqual([{ at: 1000, device: 'cpu', total: 8000, mib: expect.objectContaining({ image: 900, free: 6000 }) as unknown }])
  })
})

describe('jobs', () => {
  it('are marked from their start to their end', () => {
    const store = useMemoryHistory()
    useQueue().queue = aQueue({ queued: [aGeneration('a', { recipe: aRecipe({ prompt: 'a red car' }) })] })
    store.hear(anEvent('GenerationStarted', 'generation-a', { recorded_at: at(0) }))
    expect(store.jobs).toEqual([{ generation: 'a', words: 'a red car', from: 1000, until: null, end: null, took: null }])
    store.hear(anEvent('GenerationCompleted', 'generation-a', { recorded_at: at(7) }))
    expect(store.jobs).toEqual([{ generation: 'a', words: 'a red car', from: 1000, until: 1007, end: 'completed', took: null }])
  })

  it('are known by what was asked for, also where the queue was not read meanwhile', () => {
    const store = useMemoryHistory()
    store.hear(anEvent('GenerationRequested', 'generation-a', { recorded_at: at(0), data: { prompt: 'a blue robot' } }))
    store.hear(anEvent('GenerationStarted', 'generation-a', { recorded_at: at(1) }))
    expect(store.jobs.map(({ words }) => words)).toEqual(['a blue robot'])
  })

  it('have what their picture took beside what was predicted, whether or not they ended meanwhile', () => {
    const store = useMemoryHistory()
    const data = { generation_id: 'a', predicted_mb: 90, measured_mb: 100 }
    store.hear(anEvent('GenerationStarted', 'generation-a', { recorded_at: at(0) }))
    store.hear(anEvent('MemoryMeasured', 'memory-image', { data: { ...data, generation_id: 'b' } }))
    expect(store.jobs.map(({ took }) => took)).toEqual([null])
    store.hear(anEvent('GenerationCompleted', 'generation-a', { recorded_at: at(1) }))
    store.hear(anEvent('MemoryMeasured', 'memory-image', { data }))
    expect(store.jobs.map(({ took, end }) => [took?.measured_mb, end])).toEqual([[100, 'completed']])
  })

  it('have one mark for each attempt', () => {
    const store = useMemoryHistory()
    for (const [index, type] of ['GenerationStarted', 'GenerationInterrupted', 'GenerationStarted', 'GenerationFailed'].entries()) {
      store.hear(anEvent(type, 'generation-a', { recorded_at: at(index) }))
    }
    expect(store.jobs.map(({ from, until, end }) => [from, until, end])).toEqual([[1000, 1001, 'interrupted'], [1002, 1003, 'failed']])
  })

  it('that ran before the page was opened are known from the queue, once', () => {
    const store = useMemoryHistory()
    useQueue().queue = aQueue({ running: [aGeneration('a', { started_at: at(-5) })] })
    expect(store.jobs.map(({ from, until }) => [from, until])).toEqual([[995, null]])
    store.hear(anEvent('GenerationCompleted', 'generation-a', { recorded_at: at(1) }))
    expect(store.jobs.map(({ from, until }) => [from, until])).toEqual([[995, 1001]])
  })

  it('that never ran have none, and those out of sight have none any more', () => {
    const store = useMemoryHistory()
    store.hear(anEvent('GenerationCancelled', 'generation-b', { recorded_at: at(0) }))
    store.hear(anEvent('GenerationStarted', 'generation-a', { recorded_at: at(0) }))
    store.hear(anEvent('GenerationCompleted', 'generation-a', { recorded_at: at(1) }))
    vi.setSystemTime(1_000_000 + 1000 * (SPAN + 2))
    store.hear(anEvent('GenerationStarted', 'generation-c', { recorded_at: at(SPAN + 2) }))
    expect(store.jobs.map(({ generation }) => generation)).toEqual(['c'])
  })
})
