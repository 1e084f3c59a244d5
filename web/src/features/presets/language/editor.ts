import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { desk } from '../../../api/desk'
import type { LanguageAnswer, LanguagePreset, LanguagePrompts, LanguageStart } from '../../../api/types'
import { coalesced } from '../../../lib/coalesced'
import { useAlerts } from '../../alerts/store'
import { useUndo } from '../../undo/store'
import { useModels } from '../models'
import { changeOf, creationOf, draftOf, newDraft, withModel } from './draft'
import type { LanguageDraft, Prompt } from './draft'

/** The language preset that is being made or edited, and what the desk says of it as files and settings are chosen. */
export const useLanguageEditor = defineStore('languageEditor', () => {
  const draft = ref<LanguageDraft | null>(null)
  const answer = ref<LanguageAnswer | null>(null)
  const saving = ref(false)
  const own = ref<LanguagePrompts>({})
  const models = useModels()
  const { attempt } = useAlerts()
  let start: LanguageStart | null = null
  let before: LanguageDraft | null = null

  /** What the desk looks into. */
  const question = computed(() => {
    if (!draft.value?.files.model) return null
    const { files, context, kv_cache, memory_flags } = draft.value
    return { files, context, kv_cache, memory_flags }
  })
  const problems = computed(() => answer.value?.problems ?? [])
  const trained = computed(() => answer.value?.context ?? 0)
  const complete = computed(() => {
    if (!draft.value || draft.value.name.trim() === '') return false
    return isUntouched(draft.value, before) || (answer.value !== null && problems.value.length === 0)
  })

  async function open(preset: LanguagePreset | null): Promise<void> {
    void attempt(models.load)
    const found = await attempt(() => Promise.all([start ?? desk.languageStart(), desk.languagePrompts()]))
    if (!found) return
    [start, own.value] = found
    answer.value = null
    before = preset && draftOf(preset, own.value)
    draft.value = preset ? draftOf(preset, own.value) : newDraft(start, own.value)
  }

  function close(): void {
    draft.value = null
  }

  function choose(part: string, id: string | null): void {
    if (!draft.value) return
    const others = Object.entries(draft.value.files).filter(([other]) => other !== part)
    draft.value.files = Object.fromEntries(id === null ? others : [...others, [part, id]])
    const model = part === 'model' && models.models?.find((one) => one.id === id)
    if (model) draft.value = withModel(draft.value, model)
  }

  function reset(prompt: Prompt): void {
    if (draft.value) draft.value.prompts[prompt] = own.value[prompt] ?? ''
  }

  const isOwn = (prompt: Prompt) => draft.value?.prompts[prompt] === (own.value[prompt] ?? '')

  /** It says nothing where it can't be told, of a file that has gone for instance. */
  const assess = coalesced(async () => {
    const asked = question.value
    const told = asked && await desk.assessLanguageFiles(asked).catch(() => null)
    if (asked === question.value) answer.value = told
  })

  watch(() => JSON.stringify(question.value), assess)

  async function save(): Promise<void> {
    const now = draft.value
    if (!now || !complete.value) return
    saving.value = true
    const done = now.id === null || before === null
      ? await useUndo().act(`Preset “${now.name}” added`, (account) => desk.createLanguagePreset(creationOf(now, own.value), account), true)
      : await edit(now.id, now, before)
    saving.value = false
    if (done) close()
  }

  function edit(id: string, now: LanguageDraft, was: LanguageDraft): Promise<LanguagePreset | undefined> {
    const change = changeOf(now, was, own.value)
    return useUndo().act(`Preset “${now.name}” edited`, (account) => desk.editLanguagePreset(id, change, account), true)
  }

  return { draft, answer, saving, problems, trained, complete, open, close, choose, reset, isOwn, save }
})

/** What is kept as it is need not be looked into again. */
function isUntouched(draft: LanguageDraft, before: LanguageDraft | null): boolean {
  const checked = ({ files, context, kv_cache }: LanguageDraft) => JSON.stringify([files, context, kv_cache])
  return before !== null && checked(draft) === checked(before)
}
