import { describe, expect, it } from 'vitest'
import type { Model } from '../../../api/types'
import { aLanguagePreset, aModel } from '../../../testing'
import { changeOf, creationOf, draftOf, newDraft, optionsFor, problemsOf, withModel } from './draft'

const OWN = { assistant: 'You help.', enhance: 'You enrich.', describe: 'You tag.' }
const START = {
  context: 8192, kv_cache: 'f16' as const, defaults: { temperature: 0.8, top_p: 0.95, top_k: 40, min_p: 0.05, max_tokens: 1024 },
}
const LLAMA: Model = aModel('llm/tiny-q8.gguf', {
  id: 'tiny', parts: ['llm'],
  language: { architecture: 'llama', context: 2048, layers: 2, kv_heads: 2, key_length: 64, value_length: 64 },
})

describe('a draft', () => {
  it('shows the desk’s own prompts where the preset has none, and stores none of them', () => {
    const draft = draftOf(aLanguagePreset({ prompts: { assistant: 'Be brief.', enhance: '', describe: '' } }), OWN)
    expect(draft.prompts).toEqual({ ...OWN, assistant: 'Be brief.' })
    expect(creationOf(draft, OWN).prompts).toEqual({ assistant: 'Be brief.', enhance: '', describe: '' })
  })

  it('stores what was written over the desk’s own', () => {
    const draft = newDraft(START, OWN)
    draft.prompts.describe = 'Only colours.'
    expect(creationOf(draft, OWN).prompts).toEqual({ assistant: '', enhance: '', describe: 'Only colours.' })
  })

  it('changes only what is another than before', () => {
    const preset = aLanguagePreset()
    const before = draftOf(preset, OWN)
    expect(changeOf(draftOf(preset, OWN), before, OWN)).toEqual({})
    const draft = draftOf(preset, OWN)
    draft.context = 1024
    draft.defaults.temperature = 0.2
    expect(changeOf(draft, before, OWN)).toEqual({ context: 1024, defaults: { ...preset.defaults, temperature: 0.2 } })
  })

  it('takes its name and context from the model that is chosen, but for a name that was given', () => {
    const draft = newDraft(START, OWN)
    expect(withModel(draft, LLAMA)).toMatchObject({ name: 'tiny-q8', context: 2048 })
    expect(withModel(draft, { ...LLAMA, metadata: { name: 'Small talker' } }).name).toBe('Small talker')
    expect(withModel({ ...draft, name: 'Mine' }, LLAMA).name).toBe('Mine')
    expect(withModel(draft, { ...LLAMA, language: null }).context).toBe(8192)
  })
})

it('is made of files that can be used, and of that part alone', () => {
  const models = [LLAMA, aModel('vae/a.safetensors', { parts: ['vae'] }), aModel('llm/cut.gguf', { ok: false, parts: ['llm'] })]
  expect(optionsFor('llm', models)).toEqual([{ value: 'tiny', label: 'llm/tiny-q8.gguf' }])
})

it('has the problems of each part beside it', () => {
  const problems = [{ code: 'a', part: 'model', words: 'One.' }, { code: 'b', part: 'context', words: 'Two.' }]
  expect(problemsOf('model', problems)).toBe('One.')
  expect(problemsOf('mmproj', problems)).toBe('')
})
