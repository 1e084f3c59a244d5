import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { aModel, aPreset, fakeDesk } from '../../testing'
import { useAlerts } from '../alerts/store'
import { useGenerate } from '../generate/store'
import { found, kindWords } from './files'
import { usePresets } from './store'

function answers(table: Record<string, unknown>): ReturnType<typeof fakeDesk> {
  const desk = fakeDesk(table)
  vi.stubGlobal('fetch', desk.fetch)
  return desk
}

beforeEach(() => { setActivePinia(createPinia()) })

it('switches the form and has the model loaded', async () => {
  const { asked } = answers({ 'POST /api/presets/image/other/load': aPreset({ id: 'other' }) })
  const generate = useGenerate()
  generate.presets = [aPreset(), aPreset({ id: 'other', steps: 9 })]
  await usePresets().switchTo('other')
  expect([generate.form.preset, generate.form.steps, asked.at(-1)]).toEqual(['other', 9, 'POST /api/presets/image/other/load'])
})

it('tells what it did with a way back', async () => {
  answers({ 'DELETE /api/presets/image/starter': {} })
  await usePresets().remove(aPreset())
  expect(useAlerts().alerts.map(({ title, action }) => [title, action?.label])).toEqual([['Preset “Starter” deleted', 'Undo']])
})

it('imports a document, and knows what is none', async () => {
  const document = { format: 'ddesk-image-preset', version: 1, name: 'Mine' }
  const { asked, sent } = answers({ 'POST /api/presets/image/import': aPreset({ name: 'Mine' }) })
  await usePresets().importFile(new File([JSON.stringify(document)], 'mine.json'))
  expect([asked, sent]).toEqual([['POST /api/presets/image/import'], [document]])
  for (const text of ['no JSON', '[]', '7', '{}']) await usePresets().importFile(new File([text], 'other.json'))
  expect(asked).toHaveLength(1)
  expect(useAlerts().alerts.at(-1)?.title).toBe('other.json is no preset')
})

it('finds model files by all words that are said of them', () => {
  const models = [aModel('flux1-dev.gguf', { title: 'FLUX.1 transformer', quantisation: 'q4_K' }), aModel('ae.safetensors', { title: 'VAE' })]
  const names = (text: string) => found(models, text).map(({ name }) => name)
  expect([names('flux Q4'), names('vae'), names(''), names('flux vae')]).toEqual([['flux1-dev.gguf'], ['ae.safetensors'], ['flux1-dev.gguf', 'ae.safetensors'], []])
})

it('says what a model file is', () => {
  expect(kindWords(aModel('a', { title: 'VAE', quantisation: 'f16' }), 'FLUX.1')).toBe('VAE · FLUX.1 · f16')
  expect(kindWords(aModel('a', { title: '', quantisation: '' }), '')).toBe('Of no known kind')
  expect(kindWords(aModel('a', { inspected: false }), '')).toBe('Not looked into yet')
})
