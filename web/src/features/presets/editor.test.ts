import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import type { ModelFamilies, ModelSetChecked } from '../../api/types'
import { aModel, anEstimate, aPreset, fakeDesk, refusal } from '../../testing'
import { useAlerts } from '../alerts/store'
import { useEditor } from './editor'
import { useModels } from './models'

const DEFAULTS = { width: 1024, height: 768, steps: 20, cfg: 1, guidance: 3.5, sampler: 'euler', sigma_schedule: 'simple', multiple: 16 }
const FAMILIES: ModelFamilies = {
  parts: { diffusion: 'diffusion model', vae: 'autoencoder (VAE)' },
  families: [{ id: 'flux', title: 'FLUX.1', forms: ['diffusion'], needs: [['vae']], accepts: ['vae'], defaults: DEFAULTS }],
}
const CHECKED: ModelSetChecked = { ok: true, family: 'flux', problems: [], partners: {}, proposed: {}, weights: {} }
const PROPOSES: ModelSetChecked = { ...CHECKED, partners: { vae: [{ id: 'v', name: 'v' }] }, proposed: { vae: 'v' } }
const FILE = { part: 'diffusion', name: 'd', size: 1, sha256: '', id: 'd' }

function answers(named: Record<string, unknown> = {}): ReturnType<typeof fakeDesk> {
  const desk = fakeDesk({
    'GET /api/models/families': FAMILIES,
    'GET /api/models?limit=500': { items: [aModel('d', { parts: ['diffusion'] }), aModel('v', { parts: ['vae'] })], next: null },
    'POST /api/models/check': PROPOSES,
    'POST /api/presets/image/estimate': anEstimate(),
    ...named,
  })
  vi.stubGlobal('fetch', desk.fetch)
  return desk
}

beforeEach(() => { setActivePinia(createPinia()) })

async function assembled() {
  const editor = useEditor()
  editor.open(null)
  await useModels().load()
  await editor.chooseHead('d')
  return editor
}

it('proposes partners and the family’s defaults as soon as the diffusion model is chosen', async () => {
  const { asked, sent } = answers()
  const editor = await assembled()
  expect(editor.draft).toMatchObject({ files: { diffusion: 'd', vae: 'v' }, width: 1024, height: 768, sigma_schedule: 'simple' })
  expect(editor.parts).toEqual(['vae'])
  await vi.waitFor(() => {
    const last = asked.lastIndexOf('POST /api/presets/image/estimate')
    expect(sent[last]).toMatchObject({ files: { diffusion: 'd', vae: 'v' }, width: 1024 })
    expect(editor.estimate?.peak_mb).toBe(100)
  })
})

it('is saved once it has a name and its files make a model', async () => {
  const { asked, sent } = answers({ 'POST /api/presets/image': aPreset({ id: 'new' }) })
  const editor = await assembled()
  expect(editor.complete).toBe(false)
  if (editor.draft) editor.draft.name = 'Mine'
  await vi.waitFor(() => { expect(editor.complete).toBe(true) })
  await editor.save()
  expect(sent[asked.indexOf('POST /api/presets/image')]).toMatchObject({ name: 'Mine', files: { diffusion: 'd', vae: 'v' } })
  expect(editor.draft).toBeNull()
})

it('sends only what was changed, also where its files are gone', async () => {
  const { asked, sent } = answers({
    'POST /api/models/check': refusal(404, 'no_such_model'), 'PATCH /api/presets/image/starter': aPreset({ steps: 3 }),
  })
  const editor = useEditor()
  editor.open(aPreset({ files: [FILE] }))
  if (editor.draft) editor.draft.steps = 3
  expect(editor.complete).toBe(true)
  await editor.save()
  expect(sent[asked.indexOf('PATCH /api/presets/image/starter')]).toEqual({ steps: 3 })
})

it('stays open where the desk refuses, and says why', async () => {
  answers({ 'PATCH /api/presets/image/starter': refusal(422, 'bad_model_set') })
  const editor = useEditor()
  editor.open(aPreset({ files: [FILE] }))
  if (editor.draft) editor.draft.name = 'Mine'
  await editor.save()
  expect([editor.draft?.name, editor.saving, useAlerts().alerts.length]).toEqual(['Mine', false, 1])
})

it('takes a part off', async () => {
  answers()
  const editor = await assembled()
  editor.choose('vae', null)
  expect(editor.draft?.files).toEqual({ diffusion: 'd' })
})

it('has its LoRAs checked and counted with the files', async () => {
  const { asked, sent } = answers()
  const editor = await assembled()
  editor.addLora('style')
  await vi.waitFor(() => {
    expect(sent[asked.lastIndexOf('POST /api/models/check')]).toMatchObject({ files: { diffusion: 'd' }, loras: ['style'] })
    expect(sent[asked.lastIndexOf('POST /api/presets/image/estimate')]).toMatchObject({ loras: ['style'] })
  })
  editor.dropLora('style')
  expect(editor.draft?.loras).toEqual([])
})

it('starts with what its family does again', async () => {
  answers()
  const editor = await assembled()
  if (editor.draft) editor.draft.steps = 3
  editor.startAsFamily()
  expect(editor.draft?.steps).toBe(20)
})
