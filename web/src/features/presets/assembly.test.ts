import { expect, it } from 'vitest'
import type { ModelFamily } from '../../api/types'
import { aModel, aPreset } from '../../testing'
import {
  changeOf, creationOf, draftOf, emptyDraft, headOf, heads, loraOptions, optionsFor, partsOf, withChosen, withFamily,
} from './assembly'

const FLUX: ModelFamily = {
  id: 'flux', title: 'FLUX.1', forms: ['model', 'diffusion'], needs: [['clip_l', 't5xxl'], ['vae', 'taesd']],
  accepts: ['clip_l', 't5xxl', 'vae', 'taesd'],
  defaults: { width: 1024, height: 1024, steps: 20, cfg: 1, guidance: 3.5, sampler: 'euler', sigma_schedule: 'simple', multiple: 16 },
}
const SDXL: ModelFamily = {
  ...FLUX, id: 'sdxl', needs: [['clip_l'], ['clip_g'], ['vae', 'taesd']], accepts: ['vae', 'taesd'],
}

it('offers what makes pictures as the head, by the part that it takes', () => {
  const models = [
    aModel('a', { parts: ['diffusion'] }), aModel('b', { parts: ['model'] }),
    aModel('c', { parts: ['vae'] }), aModel('d', { parts: ['diffusion'], ok: false }),
  ]
  expect(heads(models)).toEqual([{ value: 'a', label: 'a', part: 'diffusion' }, { value: 'b', label: 'b', part: 'model' }])
  expect([headOf({ vae: 'c' }), headOf({ vae: 'c', model: 'b' })]).toEqual([null, 'model'])
})

it('asks for the parts that the family takes as files of their own', () => {
  expect([partsOf(FLUX), partsOf(SDXL)]).toEqual([['clip_l', 't5xxl', 'vae', 'taesd'], ['vae', 'taesd']])
})

it('offers what fits best first, then the rest of that part, and nothing that is damaged', () => {
  const models = [
    aModel('a', { parts: ['vae'] }), aModel('b', { parts: ['vae'] }),
    aModel('c', { parts: ['vae'], ok: false }), aModel('d', { parts: ['clip_l'] }),
  ]
  expect(optionsFor('vae', models, { vae: [{ id: 'b', name: 'b' }] }).map(({ value }) => value)).toEqual(['b', 'a'])
})

it('shows the chosen file also where it is gone', () => {
  const options = [{ value: 'a', label: 'a' }]
  expect([withChosen(options, 'a'), withChosen(options, undefined)]).toEqual([options, options])
  expect(withChosen(options, 'b')).toEqual([...options, { value: 'b', label: 'A file that is not there any more' }])
})

it('starts a new preset with what its family starts with', () => {
  const draft = withFamily({ ...emptyDraft(), name: 'Mine' }, FLUX)
  expect([draft.name, draft.width, draft.sigma_schedule]).toEqual(['Mine', 1024, 'simple'])
  expect(creationOf({ ...draft, name: ' Mine ' })).not.toHaveProperty('id')
  expect(creationOf({ ...draft, name: ' Mine ' }).name).toBe('Mine')
})

it('sends of an edit only what is another than it was', () => {
  const file = { part: 'vae', name: 'a.safetensors', size: 1, sha256: '', id: 'a' }
  const before = draftOf(aPreset({ files: [file], cover: 'i' }))
  expect(changeOf(draftOf(aPreset({ files: [file], cover: 'i' })), before)).toEqual({})
  expect(changeOf({ ...before, steps: 3, cover: '' }, before)).toEqual({ steps: 3, cover: '' })
  expect(changeOf({ ...before, files: { vae: 'b' } }, before)).toEqual({ files: { vae: 'b' } })
})

it('offers the LoRAs that the preset has not got yet', () => {
  const models = [aModel('a', { parts: ['lora'] }), aModel('b', { parts: ['lora'] }), aModel('c', { parts: ['lora'], ok: false }), aModel('d', { parts: ['vae'] })]
  expect(loraOptions(models, [{ id: 'a', strength: 1 }])).toEqual([{ value: 'b', label: 'b' }])
})
