import { defineStore } from 'pinia'
import { ref } from 'vue'
import { desk } from '../../../api/desk'
import { isPast } from '../../../api/moment'
import type { Estimate, LanguagePreset, LanguagePresetDocument, RecordedEvent } from '../../../api/types'
import { coalesced } from '../../../lib/coalesced'
import { save } from '../../../lib/save'
import { useAlerts } from '../../alerts/store'
import { useUndo } from '../../undo/store'
import { documentIn } from '../documents'

/** The language presets, and what a person does with one as a whole. */
export const useLanguagePresets = defineStore('languagePresets', () => {
  const presets = ref<LanguagePreset[] | null>(null)
  const estimates = ref<Record<string, Estimate>>({})
  const { act } = useUndo()
  const { attempt, show } = useAlerts()

  const load = coalesced(async () => {
    presets.value = (await desk.languagePresets()).items
    estimates.value = isPast() ? {} : Object.fromEntries(await Promise.all(presets.value.map(foretold)).then((all) => all.flat()))
  })

  /** It says nothing of one that can't be told. */
  async function foretold({ id, available }: LanguagePreset): Promise<[string, Estimate][]> {
    const found = available ? await desk.estimateLanguagePreset(id).catch(() => null) : null
    return found ? [[id, found]] : []
  }

  /** Nobody has asked for them before they were first shown. */
  const reload = () => (presets.value ? load() : Promise.resolve())

  function hear({ stream }: RecordedEvent): void {
    if (stream.startsWith('language_preset-')) void attempt(reload)
  }

  const duplicate = ({ id, name }: LanguagePreset) =>
    act(`Copy of “${name}” made`, (account) => desk.duplicateLanguagePreset(id, account), true)
  const remove = ({ id, name }: LanguagePreset) =>
    act(`Preset “${name}” deleted`, (account) => desk.deleteLanguagePreset(id, account), true)

  async function exportPreset({ id }: LanguagePreset): Promise<void> {
    const file = await attempt(() => desk.exportLanguagePreset(id))
    if (file) save(file)
  }

  async function importFile(file: File): Promise<void> {
    const document = documentIn<LanguagePresetDocument>(await file.text())
    if (document) await act(`Preset “${document.name}” imported`, (account) => desk.importLanguagePreset(document, account), true)
    else show({ level: 'error', title: `${file.name} is no preset`, words: 'Choose a file that a desk exported.' })
  }

  return { presets, estimates, load, reload, hear, duplicate, remove, exportPreset, importFile }
})
