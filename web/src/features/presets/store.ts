import { defineStore } from 'pinia'
import { desk } from '../../api/desk'
import type { ImagePreset, PresetDocument } from '../../api/types'
import { save } from '../../lib/save'
import { useAlerts } from '../alerts/store'
import { useGenerate } from '../generate/store'
import { useUndo } from '../undo/store'
import { documentIn } from './documents'
import { useLoading } from './loading'

/** What a person does with a preset as a whole. */
export const usePresets = defineStore('presets', () => {
  const { act } = useUndo()
  const { attempt, show } = useAlerts()

  const duplicate = ({ id, name }: ImagePreset) =>
    act(`Copy of “${name}” made`, (account) => desk.duplicatePreset(id, account), true)
  const remove = ({ id, name }: ImagePreset) =>
    act(`Preset “${name}” deleted`, (account) => desk.deletePreset(id, account), true)

  /** The form makes pictures with it from now on, and its model is loaded. */
  async function switchTo(id: string): Promise<void> {
    useGenerate().choosePreset(id)
    await useLoading().load(id)
  }

  async function exportPreset({ id }: ImagePreset): Promise<void> {
    const file = await attempt(() => desk.exportPreset(id))
    if (file) save(file)
  }

  async function importFile(file: File): Promise<void> {
    const document = documentIn<PresetDocument>(await file.text())
    if (document) await act(`Preset “${document.name}” imported`, (account) => desk.importPreset(document, account), true)
    else show({ level: 'error', title: `${file.name} is no preset`, words: 'Choose a file that a desk exported.' })
  }

  return { duplicate, remove, switchTo, exportPreset, importFile }
})
