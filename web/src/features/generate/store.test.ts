import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { aGeneration, aPreset, anEvent, aRecipe, fakeDesk, refusal } from '../../testing'
import { useAlerts } from '../alerts/store'
import { useGenerate } from './store'

const CHOICES = {
  samplers: [{ id: 'euler', name: 'Euler' }], sigma_schedules: [{ id: 'discrete', name: 'Discrete' }], min_size: 64, max_size: 1024, max_steps: 150, max_batch: 8, max_cfg: 30,
}

async function opened(answers: Record<string, unknown> = {}, presets = [aPreset()]) {
  const desk = fakeDesk({ 'GET /api/presets/image': { items: presets, next: null }, 'GET /api/choices': CHOICES, ...answers })
  vi.stubGlobal('fetch', desk.fetch)
  const store = useGenerate()
  await store.load()
  return { store, ...desk }
}

beforeEach(() => {
  localStorage.clear()
  setActivePinia(createPinia())
})

describe('opening the form', () => {
  it('starts with the first preset whose files are there', async () => {
    const { store } = await opened({}, [aPreset({ id: 'lost', available: false }), aPreset({ id: 'here', steps: 9 })])
    expect(store.form).toMatchObject({ preset: 'here', steps: 9 })
  })

  it('keeps what was filled in before a reload', async () => {
    const { store } = await opened()
    Object.assign(store.form, { prompt: 'a fox', steps: 33 })
    setActivePinia(createPinia())
    const { store: again } = await opened()
    expect(again.form).toMatchObject({ prompt: 'a fox', steps: 33, preset: 'starter' })
  })

  it('is ready with words and a preset, and not before', async () => {
    const { store } = await opened()
    expect(store.ready).toBe(false)
    store.form.prompt = '  '
    expect(store.ready).toBe(false)
    store.form.prompt = 'a fox'
    expect(store.ready).toBe(true)
  })
})

describe('the first start, while the starter model is unpacked', () => {
  it('makes what was asked for as soon as there is a preset, once', async () => {
    const { store } = await opened({}, [])
    store.form.prompt = 'a fox'
    await store.submit('front')
    const { sent, asked } = await opened({ 'POST /api/generations': aGeneration('g') })
    await store.load()
    expect(sent).toContainEqual(expect.objectContaining({ prompt: 'a fox', preset: 'starter', placement: 'front' }))
    expect(asked.filter((call) => call.startsWith('POST'))).toHaveLength(1)
  })

  it('makes what was asked for before the presets were read', async () => {
    const early = fakeDesk({})
    vi.stubGlobal('fetch', early.fetch)
    const store = useGenerate()
    store.form.prompt = 'a fox'
    await store.submit('back')
    expect(early.sent).toEqual([])
    const later = await opened({ 'POST /api/generations': aGeneration('g') })
    expect(later.sent).toContainEqual(expect.objectContaining({ prompt: 'a fox', placement: 'back' }))
  })

  it('learns of the preset by its event', async () => {
    const { store } = await opened({}, [])
    expect(store.unpacking).toBe(true)
    vi.stubGlobal('fetch', fakeDesk({ 'GET /api/presets/image': { items: [aPreset()], next: null }, 'GET /api/choices': CHOICES }).fetch)
    store.hear(anEvent('ImagePresetCreated', 'image_preset-starter'))
    await vi.waitFor(() => { expect(store.form.preset).toBe('starter') })
    expect(store.unpacking).toBe(false)
  })
})

describe('submitting', () => {
  it('sends what is filled in, and remembers the prompt', async () => {
    const { store, sent } = await opened({ 'POST /api/generations': aGeneration('g') })
    store.form.prompt = 'a fox'
    await store.submit('front')
    expect(sent.at(-1)).toMatchObject({ prompt: 'a fox', placement: 'front', seed: -1, preset: 'starter' })
    store.form.prompt = ''
    store.walkHistory(1)
    expect(store.form.prompt).toBe('a fox')
  })

  it('keeps no prompts that were used once any are forgotten', async () => {
    const { store } = await opened()
    store.form.prompt = 'a fox'
    await store.submit('back')
    store.form.prompt = ''
    store.hear(anEvent('DataForgotten', 'log'))
    store.walkHistory(1)
    expect(store.form.prompt).toBe('')
    expect(localStorage.getItem('ddesk.prompts')).toBe('[]')
  })

  it('sends nothing while there are no words', async () => {
    const { store, asked } = await opened()
    await store.submit('back')
    expect(asked).not.toContain('POST /api/generations')
  })

  it('tells a refusal in the desk’s own words', async () => {
    const { store } = await opened({ 'POST /api/generations': refusal(422, 'bad_size') })
    store.form.prompt = 'a fox'
    await store.submit('back')
    expect(useAlerts().alerts).toMatchObject([{ level: 'error', title: 'No', words: 'Because.' }])
    expect(store.asking).toBe(0)
  })
})

it('keeps its own preset when a picture’s is gone', async () => {
  const { store } = await opened()
  store.recall(aRecipe({ preset: 'deleted', steps: 40 }), 1, 'all')
  expect(store.form).toMatchObject({ preset: 'starter', steps: 40 })
})

it('goes back to the preset’s settings without touching the words', async () => {
  const { store } = await opened()
  Object.assign(store.form, { prompt: 'a fox', steps: 99, seed: 5 })
  store.reset()
  expect(store.form).toMatchObject({ prompt: 'a fox', steps: 16, seed: -1 })
})

describe('keeping what the form says as the preset’s defaults', () => {
  it('changes what differs and nothing else, by one command', async () => {
    const edited = aPreset({ steps: 33 })
    const { store, asked, sent } = await opened({ 'PATCH /api/presets/image/starter': edited })
    expect(store.ownChanges).toEqual({})
    store.form.steps = 33
    store.form.seed = 7
    expect(store.ownChanges).toEqual({ steps: 33 })
    await store.keepAsDefaults()
    expect(sent[asked.indexOf('PATCH /api/presets/image/starter')]).toEqual({ steps: 33 })
  })
})
