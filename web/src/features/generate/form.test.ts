import { describe, expect, it } from 'vitest'
import { aPreset, aRecipe } from '../../testing'
import { admitForm, EMPTY_FORM, limitsOf, requestOf, reuse, withDefaults } from './form'

const LIMITS = { least: 64, most: 4096, multiple: 16 }
const FORM = { ...EMPTY_FORM, prompt: 'mine', negativePrompt: 'not this', seed: 42, batch: 3, preset: 'starter', cfg: 2 }

describe('a preset', () => {
  it('brings its settings and leaves words, seed and batch alone', () => {
    const next = withDefaults(FORM, aPreset({ id: 'flux', steps: 28, width: 1024, height: 768 }), LIMITS)
    expect(next).toMatchObject({ preset: 'flux', steps: 28, prompt: 'mine', negativePrompt: 'not this', seed: 42, batch: 3 })
    expect(next.size).toMatchObject({ width: 1024, height: 768 })
  })

  it('sets what sizes snap to', () => {
    const choices = { samplers: [], sigma_schedules: [], min_size: 64, max_size: 2048, max_steps: 150, max_batch: 8, max_cfg: 30 }
    expect(limitsOf(choices, aPreset({ multiple: 32 }))).toEqual({ least: 64, most: 2048, multiple: 32 })
  })
})

describe('reuse of a picture', () => {
  const recipe = aRecipe({ prompt: 'theirs', negative_prompt: '', seed: 7, width: 256, height: 128, steps: 30 })

  it('takes over everything, with the seed of the picture and not of its batch', () => {
    const next = reuse(FORM, recipe, 9, 'all', LIMITS)
    expect(next).toMatchObject({ prompt: 'theirs', negativePrompt: '', seed: 9, steps: 30, sampler: 'euler', batch: 3 })
    expect(next.size).toMatchObject({ width: 256, height: 128 })
  })

  it.each([
    ['prompt', { prompt: 'theirs', negativePrompt: '' }],
    ['seed', { seed: 9 }],
    ['size', { size: { width: 256, height: 128, ratio: 2 } }],
  ] as const)('takes over the %s alone', (what, changed) => {
    expect(reuse(FORM, recipe, 9, what, LIMITS)).toEqual({ ...FORM, ...changed })
  })
})

describe('the request', () => {
  it('leaves the negative prompt out where the engine would not read it', () => {
    expect(requestOf(FORM, 'back').negative_prompt).toBe('not this')
    expect(requestOf({ ...FORM, cfg: 1 }, 'back').negative_prompt).toBe('')
  })

  it('lets the desk choose what the form does not know', () => {
    expect(requestOf({ ...FORM, sampler: '', sigmaSchedule: '' }, 'front')).toMatchObject({
      sampler: null, sigma_schedule: null, placement: 'front', width: 512, height: 512,
    })
  })
})

describe('a stored form', () => {
  it('comes back as it was', () => {
    expect(admitForm(JSON.parse(JSON.stringify(FORM)))).toEqual(FORM)
  })

  it('keeps what still fits and starts afresh with the rest', () => {
    const stored = { prompt: 'old', steps: 'many', size: { width: 64 }, unknown: true }
    expect(admitForm(stored)).toEqual({ ...EMPTY_FORM, prompt: 'old' })
  })

  it.each([null, 3, 'text', []])('is the first one where %j was stored', (stored) => {
    expect(admitForm(stored)).toEqual(EMPTY_FORM)
  })
})
