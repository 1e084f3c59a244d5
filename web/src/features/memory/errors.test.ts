import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { aMeasurement, anEvent, fakeDesk } from '../../testing'
import { byBasis, inShort, spokenErrors, widest } from './errorCurve'
import { typical, useErrors } from './errors'

const PAGE = { items: [aMeasurement({ position: 5 }), aMeasurement({ position: 3 })], next: null }
const MEASURED = { preset_id: 'starter', generation_id: 'g', image_id: 'i', device: 'cpu', width: 64, height: 64, predicted_mb: 90, measured_mb: 100, known: 'learned' }

beforeEach(() => { setActivePinia(createPinia()) })

async function loaded() {
  const desk = fakeDesk({
    'GET /api/memory/measurements?limit=200': PAGE,
    'GET /api/memory/measurements?preset=other&limit=200': { items: [], next: null },
  })
  vi.stubGlobal('fetch', desk.fetch)
  const store = useErrors()
  await store.load()
  return store
}

describe('measurements', () => {
  it('are shown oldest first and grow as pictures are made', async () => {
    const store = await loaded()
    store.hear(anEvent('MemoryMeasured', 'memory-image', { position: 9, data: MEASURED }))
    expect(store.measurements?.map(({ position }) => position)).toEqual([3, 5, 9])
    expect(store.measurements?.at(-1)?.error).toBeCloseTo(-0.1)
  })

  it('are told once', async () => {
    const store = await loaded()
    for (let time = 0; time < 2; time++) store.hear(anEvent('MemoryMeasured', 'memory-image', { position: 9, data: MEASURED }))
    expect(store.measurements?.length).toBe(3)
  })

  it('of other presets are left out where one is chosen', async () => {
    const store = await loaded()
    await store.narrow('other')
    store.hear(anEvent('MemoryMeasured', 'memory-image', { position: 9, data: MEASURED }))
    expect(store.measurements).toEqual([])
  })

  it('are read anew only where they were read before', async () => {
    const { fetch, asked } = fakeDesk({ 'GET /api/memory/measurements?limit=200': PAGE })
    vi.stubGlobal('fetch', fetch)
    const store = useErrors()
    await store.reload()
    expect(asked).toEqual([])
    await store.load()
    await store.reload()
    expect(asked.length).toBe(2)
  })

  it('that say nothing are passed over', async () => {
    const store = await loaded()
    store.hear(anEvent('MemoryMeasured', 'memory-image', { position: 9, data: { ...MEASURED, measured_mb: 0 } }))
    store.hear(anEvent('MemoryPlanned', 'memory-image', { position: 10, data: {} }))
    expect(store.measurements?.length).toBe(2)
  })
})

describe('the error curve', () => {
  const curve = [aMeasurement({ error: 0.5, known: 'estimated' }), aMeasurement({ error: -0.02, known: 'learned', predicted_mb: 98, measured_mb: 100 })]

  it('has a line through all, and points by what the prediction rested on', () => {
    expect(byBasis(curve)).toEqual([[1, 2], [50, -2], [50, null], [null, null], [null, -2]])
  })

  it('reaches as far as the errors do, within bounds', () => {
    expect(widest(curve)).toBe(60)
    expect(widest([])).toBe(20)
    expect(widest([aMeasurement({ error: 9 })])).toBe(200)
  })

  it('is told in words', () => {
    expect(spokenErrors(curve)).toBe(
      'Prediction errors of 2 pictures: the last 2 were off by 50.0 %; the last took 100 MB where 98 MB were predicted, −2.0 %',
    )
    expect(inShort(curve.slice(1))).toBe('the last one was off by 2.0 %')
    expect(spokenErrors([])).toBe('No picture was measured yet')
  })

  it('is summed up by the error in the middle', () => {
    expect(typical([{ error: 0.5 }, { error: -0.1 }, { error: 0.02 }])).toBe(0.1)
    expect(typical([])).toBeNull()
  })
})
