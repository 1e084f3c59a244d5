import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { nextTick } from 'vue'
import { aLanguagePreset, aModel, anEstimate, anEvent, fakeDesk, refusal } from '../../../testing'
import { useAlerts } from '../../alerts/store'
import { useLanguageEditor } from './editor'
import { useLanguagePresets } from './store'

const ESTIMATE = anEstimate({ weights_mb: { language: 500 }, context_mb: 64, compute_mb: { answering: 80 } })
const START = {
  context: 8192, kv_cache: 'f16', defaults: { temperature: 0.8, top_p: 0.95, top_k: 40, min_p: 0.05, max_tokens: 1024 },
}
const OWN = { assistant: 'You help.', enhance: 'You enrich.', describe: 'You tag.' }
const PATH = '/api/presets/language'
const LLAMA = aModel('llm/tiny.gguf', {
  id: 'tiny', parts: ['llm'],
  language: { architecture: 'llama', context: 2048, layers: 2, kv_heads: 2, key_length: 64, value_length: 64 },
})

function answering(more: Record<string, unknown> = {}) {
  const desk = fakeDesk({
    [`GET ${PATH}`]: { items: [aLanguagePreset()], next: null },
    [`GET ${PATH}/talker/estimate`]: ESTIMATE,
    [`GET ${PATH}/start`]: START,
    [`GET ${PATH}/prompts`]: OWN,
    [`POST ${PATH}/estimate`]: { problems: [], context: 2048, estimate: ESTIMATE },
    [`POST ${PATH}`]: aLanguagePreset(),
    'GET /api/models/families': { parts: {}, families: [] },
    'GET /api/models?limit=500': { items: [LLAMA], next: null },
    ...more,
  })
  vi.stubGlobal('fetch', desk.fetch)
  return desk
}

beforeEach(() => { setActivePinia(createPinia()) })

describe('the list', () => {
  it('says what each takes, and goes without where that can’t be told', async () => {
    answering()
    const store = useLanguagePresets()
    await store.load()
    expect(store.estimates).toEqual({ talker: ESTIMATE })
    answering({ [`GET ${PATH}/talker/estimate`]: refusal(422, 'model_file_missing') })
    await store.load()
    expect(store.presets).toHaveLength(1)
    expect(store.estimates).toEqual({})
    expect(useAlerts().alerts).toEqual([])
  })

  it('is read anew when a language preset changes, once it was shown', async () => {
    const desk = answering()
    const store = useLanguagePresets()
    store.hear(anEvent('LanguagePresetEdited', 'language_preset-talker'))
    expect(desk.asked).toEqual([])
    await store.load()
    const before = desk.asked.length
    store.hear(anEvent('ImagePresetEdited', 'image_preset-starter'))
    expect(desk.asked).toHaveLength(before)
    store.hear(anEvent('LanguagePresetEdited', 'language_preset-talker'))
    await vi.waitFor(() => { expect(desk.asked.length).toBeGreaterThan(before) })
  })

  it('imports documents, and says of other files that they are none', async () => {
    const desk = answering({ [`POST ${PATH}/import`]: aLanguagePreset() })
    const store = useLanguagePresets()
    await store.importFile(new File(['{"format": "ddesk-language-preset", "name": "Talker"}'], 'talker.json'))
    expect(desk.asked.at(-1)).toBe(`POST ${PATH}/import`)
    await store.importFile(new File(['hello'], 'hello.txt'))
    expect(useAlerts().alerts.at(-1)?.title).toBe('hello.txt is no preset')
  })
})

describe('the editor', () => {
  async function opened(more: Record<string, unknown> = {}) {
    const desk = answering(more)
    const editor = useLanguageEditor()
    await editor.open(null)
    return { desk, editor }
  }

  it('asks what files take as they are chosen, and saves what can be used', async () => {
    const { desk, editor } = await opened()
    expect(editor.complete).toBe(false)
    editor.choose('model', 'tiny')
    await vi.waitFor(() => { expect(editor.answer?.estimate).toEqual(ESTIMATE) })
    expect(editor.draft).toMatchObject({ name: 'tiny', context: 2048, files: { model: 'tiny' } })
    expect(editor.complete).toBe(true)
    await editor.save()
    const sent = desk.sent[desk.asked.lastIndexOf(`POST ${PATH}`)]
    expect(sent).toMatchObject({ name: 'tiny', files: { model: 'tiny' }, prompts: { assistant: '', enhance: '', describe: '' } })
    expect(editor.draft).toBeNull()
  })

  it('does not save what has problems', async () => {
    const problems = [{ code: 'mismatch', part: 'mmproj', words: 'It was made for another.' }]
    const { desk, editor } = await opened({ [`POST ${PATH}/estimate`]: { problems, context: 2048, estimate: null } })
    editor.choose('model', 'tiny')
    await vi.waitFor(() => { expect(editor.problems).toEqual(problems) })
    expect(editor.complete).toBe(false)
    await editor.save()
    expect(desk.asked).not.toContain(`POST ${PATH}`)
  })

  it('stays open where the desk refuses', async () => {
    const { editor } = await opened({ [`POST ${PATH}`]: refusal(422, 'mismatch') })
    editor.choose('model', 'tiny')
    await vi.waitFor(() => { expect(editor.complete).toBe(true) })
    await editor.save()
    expect(editor.draft).not.toBeNull()
    expect(editor.saving).toBe(false)
  })

  it('sends of an edit only what changed, also where its files are gone', async () => {
    const desk = answering({
      [`PATCH ${PATH}/talker`]: aLanguagePreset(), [`POST ${PATH}/estimate`]: refusal(404, 'no_such_model'),
    })
    const editor = useLanguageEditor()
    await editor.open(aLanguagePreset())
    await nextTick()
    if (editor.draft) editor.draft.notes = 'two'
    expect(editor.complete).toBe(true)
    await editor.save()
    expect(desk.sent[desk.asked.indexOf(`PATCH ${PATH}/talker`)]).toEqual({ notes: 'two' })
  })

  it('resets a prompt to the desk’s own', async () => {
    const { editor } = await opened()
    if (editor.draft) editor.draft.prompts.assistant = 'Be brief.'
    expect(editor.isOwn('assistant')).toBe(false)
    editor.reset('assistant')
    expect([editor.draft?.prompts.assistant, editor.isOwn('assistant')]).toEqual(['You help.', true])
  })
})
