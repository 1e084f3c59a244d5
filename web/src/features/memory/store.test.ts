import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { effectScope, nextTick, ref } from 'vue'
import { aPlan, anEvent, fakeDesk } from '../../testing'
import { useGenerationMemory, useWhy } from './store'
import { planOf, subjectOf } from './told'

beforeEach(() => { setActivePinia(createPinia()) })

const news = (generation: string | null, position = 9) =>
  anEvent('MemoryMeasured', 'memory-image', { position, data: { generation_id: generation } })

it('reads what was decided of the generation that is shown, and again as there is news of it', async () => {
  const desk = fakeDesk({
    'GET /api/generations/a/memory': { plans: [aPlan({ position: 1 })], measured: [] },
    'GET /api/generations/b/memory': { plans: [], measured: [] },
  })
  vi.stubGlobal('fetch', desk.fetch)
  const shown = ref('a')
  const scope = effectScope()
  const told = scope.run(() => useGenerationMemory(() => shown.value))
  await vi.waitFor(() => { expect(told?.value?.plans.length).toBe(1) })
  useWhy().hear(news('c'))
  useWhy().hear(news(null))
  await nextTick()
  useWhy().hear(news('a', 10))
  await vi.waitFor(() => { expect(desk.asked.length).toBe(2) })
  shown.value = 'b'
  await vi.waitFor(() => { expect(told?.value?.plans).toEqual([]) })
  expect(desk.asked).toEqual(['GET /api/generations/a/memory', 'GET /api/generations/a/memory', 'GET /api/generations/b/memory'])
  scope.stop()
})

describe('an alert', () => {
  const alert = { type: 'alert' as const, level: 'error' as const, code: 'does_not_fit', title: 'No', words: '', generation: 'g' }

  it('of work that memory was too small for leads to why', () => {
    useWhy().explained(alert).action?.run()
    expect(useWhy().asked).toBe('g')
  })

  it('of anything else stays as it is', () => {
    expect(useWhy().explained({ ...alert, code: 'bad_model_file' }).action).toBeUndefined()
    expect(useWhy().explained({ ...alert, generation: null }).action).toBeUndefined()
  })
})

it.each([
  [anEvent('MemoryPlanned', 'memory-image', { data: { generation_id: 'a' } }), 'a'],
  [anEvent('MemoryPlanned', 'memory-image', { data: { generation_id: null } }), null],
  [anEvent('GenerationFailed', 'generation-b', { data: { code: 'out_of_memory' } }), 'b'],
  [anEvent('GenerationFailed', 'generation-b', { data: { code: 'blank_image' } }), null],
])('an event is about the memory of a generation: %#', (event, generation) => {
  expect(subjectOf(event)).toBe(generation)
})

it('a plan that is of no generation is in the event itself', () => {
  const { position, planned_at, ...data } = aPlan({ position: 7, purpose: 'prewarm', generation_id: null })
  expect(planOf(anEvent('MemoryPlanned', 'memory-image', { position, recorded_at: planned_at, data }))).toEqual(aPlan({ position: 7, purpose: 'prewarm', generation_id: null }))
  expect(planOf(news('a'))).toBeNull()
})
