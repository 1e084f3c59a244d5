import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import type { Estimate } from '../../api/types'
import { aPreset, anEvent, fakeDesk, refusal } from '../../testing'
import { basis, givingWay, partsOf, sentence, useEstimate } from './estimate'
import { useGenerate } from './store'

const FITS: Estimate = {
  device: 'cpu', total_mb: 24_000, available_mb: 22_000, peak_mb: 211.2, process_mb: 101.5,
  weights_mb: { text_encoders: 73.4, diffusion: 4, vae: 2.4 }, context_mb: 0, compute_mb: { text_encoding: 1.4, sampling: 4.5, decoding: 30 },
  safety_mb: 512, known: 'learned', measured: 5, fits: true, gives: [], would_fit: null,
}
const CHOICES = { samplers: [], sigma_schedules: [], min_size: 64, max_size: 1024, max_steps: 150, max_batch: 8, max_cfg: 30 }

async function opened(answer: unknown) {
  const desk = fakeDesk({
    'GET /api/presets/image': { items: [aPreset()], next: null }, 'GET /api/choices': CHOICES,
    'GET /api/presets/image/starter/estimate?width=128&height=128': answer,
    'GET /api/presets/image/starter/estimate?width=256&height=256': answer,
  })
  vi.stubGlobal('fetch', desk.fetch)
  const form = useGenerate()
  await form.load()
  const store = useEstimate()
  await store.load()
  const estimates = () => desk.asked.filter((call) => call.includes('/estimate')).length
  return { store, form, estimates }
}

beforeEach(() => {
  localStorage.clear()
  setActivePinia(createPinia())
})

it('follows the size, what was measured, and nothing else', async () => {
  const { store, form, estimates } = await opened(FITS)
  expect(store.estimate).toEqual(FITS)
  const before = estimates()
  form.form.prompt = 'a fox'
  store.hear(anEvent('ImageRated', 'image-a'))
  await nextTick()
  expect(estimates()).toBe(before)
  form.setSides(256, 256)
  await vi.waitFor(() => { expect(estimates()).toBe(before + 1) })
  store.hear(anEvent('ImageGenerated', 'generation-g'))
  await vi.waitFor(() => { expect(estimates()).toBe(before + 2) })
})

it('says nothing where it can’t be told', async () => {
  const { store } = await opened(refusal(503, 'read_models_damaged'))
  expect(store.estimate).toBeNull()
})

it('says in words whether it fits, and what would', () => {
  expect(sentence(FITS)).toBe('Fits: needs about 211 MB of 21.5 GB')
  const short = { ...FITS, fits: false, peak_mb: 9216, available_mb: 7680 }
  expect(sentence({ ...short, would_fit: '512 × 512' })).toBe('Needs about 9.0 GB of 7.5 GB and may not fit: 512 × 512 would')
  expect(sentence({ ...short, would_fit: null })).toBe('Needs about 9.0 GB of 7.5 GB and may not fit')
})

it('names what stays, the largest buffer, and what the prediction rests on', () => {
  expect(partsOf(FITS)).toContainEqual({ name: 'Computing (Decoding)', size: '30 MB' })
  expect(basis(FITS)).toBe('Predicted from 5 measured pictures.')
  expect(basis({ ...FITS, known: 'estimated', measured: 0 })).toContain('first guess')
})

it('says what has to give', () => {
  const given = { saving_mb: 1, cost_seconds: 1 }
  const gives = [{ ...given, rung: 'hard_unload', owner: 'language' }, { ...given, rung: 'vae_tiling', owner: '' }]
  expect(givingWay({ ...FITS, gives })).toBe('For that: Unload the language model, Decode in tiles')
  expect(givingWay(FITS)).toBe('')
})
