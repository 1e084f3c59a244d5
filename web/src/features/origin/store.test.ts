import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { useAlerts } from '../alerts/store'
import { aGeneration, anEvent, fakeDesk } from '../../testing'
import { useOrigin } from './store'
import { nameOf, told } from './words'

const ORIGIN = { verdict: 'likely', fields: [{ field: 'engine.version', then: '1', now: '2' }] }
const ANSWERS = {
  'GET /api/images/a/origin': ORIGIN,
  'POST /api/images/a/rerun': aGeneration('g'),
  'GET /api/generations/g/comparison': { image: 'a', rerun: 'b', identical: true, differing: [] },
}

function opened(answers: Record<string, unknown> = ANSWERS) {
  const desk = fakeDesk(answers)
  vi.stubGlobal('fetch', desk.fetch)
  return { store: useOrigin(), alerts: useAlerts(), ...desk }
}

beforeEach(() => { setActivePinia(createPinia()) })

it('shows what made a picture, and puts it away again', async () => {
  const { store } = opened()
  await store.toggle('a')
  expect(store.shown).toEqual({ image: 'a', origin: ORIGIN })
  await store.toggle('a')
  expect(store.shown).toBeNull()
})

it('compares a picture that it had made again as soon as it is there', async () => {
  const { store, alerts } = opened()
  await store.makeAgain('a')
  await store.hear(anEvent('GenerationCompleted', 'generation-g'))
  expect(alerts.alerts.map(({ title }) => title)).toContain('Identical: every pixel is the same')
})

it('leaves the generations of others alone', async () => {
  const { store, asked } = opened()
  await store.hear(anEvent('GenerationCompleted', 'generation-g'))
  expect(asked).toEqual([])
})

it('names what differs where it came out different', async () => {
  const differing = [{ field: 'model_files.vae.sha256', then: 'ab', now: 'cd' }]
  const { store, alerts } = opened({
    ...ANSWERS, 'GET /api/generations/g/comparison': { image: 'a', rerun: 'b', identical: false, differing },
  })
  await store.makeAgain('a')
  await store.hear(anEvent('GenerationCompleted', 'generation-g'))
  expect(alerts.alerts.at(-1)).toMatchObject({ level: 'warning', words: 'What differs: Model file vae, SHA-256.' })
})

it.each([
  ['engine.device', 'Device'], ['model_files.diffusion.size', 'Model file diffusion, size'], ['made.up', 'made.up'],
])('calls %s what people call it', (field, name) => {
  expect(nameOf(field)).toBe(name)
})

it.each([
  ['engine.device', null, 'not known'], ['model_files.vae.size', null, 'missing'], ['mitigations', '', 'none'],
  ['steps', 4, '4'], ['model_files.vae.sha256', 'ab'.repeat(32), `${'ab'.repeat(8)}…`],
])('tells %s %j as %s', (field, fact, words) => { expect(told(field, fact)).toBe(words) })
