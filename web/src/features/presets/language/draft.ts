/** A language preset as it is being written, and what it can be made of. */
import type {
  LanguageDefaults, LanguagePreset, LanguagePresetEdit, LanguagePrompts, LanguageStart, Model, NewLanguagePreset, PartProblem,
} from '../../../api/types'

type Part = 'model' | 'mmproj'
export type MemoryFlag = LanguagePreset['memory_flags'][number]
export type Prompt = keyof LanguagePrompts

/** `id` is null for a new one; `prompts` are shown as they will be used, the desk's own where it has none. */
export interface LanguageDraft {
  id: string | null
  name: string
  notes: string
  files: Record<string, string>
  context: number
  kv_cache: LanguagePreset['kv_cache']
  memory_flags: MemoryFlag[]
  defaults: LanguageDefaults
  prompts: Required<LanguagePrompts>
}

export interface Option {
  value: string
  label: string
}

export const PARTS: readonly { part: Part; label: string; takes: string; optional: boolean }[] = [
  { part: 'model', label: 'Language model', takes: 'llm', optional: false },
  { part: 'mmproj', label: 'Picture projector', takes: 'mmproj', optional: true },
]

export const PROMPTS: readonly { prompt: Prompt; label: string; use: string }[] = [
  { prompt: 'assistant', label: 'Assistant', use: 'To talk with you' },
  { prompt: 'enhance', label: 'Enhance', use: 'To make a picture’s prompt richer' },
  { prompt: 'describe', label: 'Describe', use: 'To tag pictures' },
]

export const CACHES: readonly { value: LanguagePreset['kv_cache']; label: string }[] = [
  { value: 'f16', label: 'f16: exact' },
  { value: 'q8_0', label: 'q8_0: half the memory, nearly as exact' },
]

export function newDraft(start: LanguageStart, own: LanguagePrompts): LanguageDraft {
  const { context, kv_cache, defaults } = start
  return {
    id: null, name: '', notes: '', files: {}, context, kv_cache, memory_flags: [], defaults: { ...defaults },
    prompts: shown({}, own),
  }
}

export function draftOf(preset: LanguagePreset, own: LanguagePrompts): LanguageDraft {
  const { id, name, notes, files, context, kv_cache, memory_flags, defaults, prompts } = preset
  const ids = Object.fromEntries(files.map((file) => [file.part, file.id]))
  return {
    id, name, notes, files: ids, context, kv_cache, memory_flags: [...memory_flags], defaults: { ...defaults },
    prompts: shown(prompts, own),
  }
}

export function creationOf(draft: LanguageDraft, own: LanguagePrompts): NewLanguagePreset {
  const { notes, files, context, kv_cache, memory_flags, defaults } = draft
  const prompts = stored(draft.prompts, own)
  return { name: draft.name.trim(), notes, files, context, kv_cache, memory_flags, defaults, prompts }
}

/** What is another than it was: files that are not touched need not be there. */
export function changeOf(draft: LanguageDraft, before: LanguageDraft, own: LanguagePrompts): LanguagePresetEdit {
  const was = JSON.stringify
  const earlier = Object.entries(creationOf(before, own)).map(([key, value]) => [key, was(value)])
  const same = Object.fromEntries(earlier) as Record<string, string>
  return Object.fromEntries(Object.entries(creationOf(draft, own)).filter(([key, value]) => was(value) !== same[key]))
}

/** With what a new preset of this model starts with: its own name, and no more context than it was trained with. */
export function withModel(draft: LanguageDraft, { name, metadata, language }: Model): LanguageDraft {
  const file = name.replace(/^.*\//, '').replace(/\.gguf$/i, '')
  return {
    ...draft,
    name: draft.name.trim() || (metadata.name ?? file),
    context: Math.min(draft.context, language?.context ?? draft.context),
  }
}

export function optionsFor(takes: string, models: readonly Model[]): Option[] {
  return models.filter(({ ok, parts }) => ok && parts.includes(takes)).map(({ id, name }) => ({ value: id, label: name }))
}

export function partTitle(part: string): string {
  return PARTS.find((one) => one.part === part)?.label ?? part
}

export function problemsOf(part: string, problems: readonly PartProblem[]): string {
  return problems.filter((one) => one.part === part).map(({ words }) => words).join(' ')
}

function shown(prompts: LanguagePrompts, own: LanguagePrompts): Required<LanguagePrompts> {
  const { assistant, enhance, describe } = own
  return {
    assistant: prompts.assistant || (assistant ?? ''),
    enhance: prompts.enhance || (enhance ?? ''),
    describe: prompts.describe || (describe ?? ''),
  }
}

/** The desk's own is not written down: it may be a better one in a later version. */
function stored(prompts: LanguagePrompts, own: LanguagePrompts): LanguagePrompts {
  const entries = Object.entries(prompts) as [Prompt, string][]
  return Object.fromEntries(entries.map(([key, text]) => [key, text.trim() === (own[key] ?? '').trim() ? '' : text]))
}
