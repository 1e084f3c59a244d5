import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { desk } from '../../api/desk'
import type { Estimate, ImagePreset, ModelSetChecked } from '../../api/types'
import { coalesced } from '../../lib/coalesced'
import { useAlerts } from '../alerts/store'
import { useUndo } from '../undo/store'
import { changeOf, creationOf, draftOf, emptyDraft, familyOf, headOf, heads, othersIn, partsOf, withFamily } from './assembly'
import type { Draft } from './assembly'
import { useModels } from './models'

/** The preset that is being assembled or edited, and what the desk says of it as parts are chosen. */
export const useEditor = defineStore('presetEditor', () => {
  const draft = ref<Draft | null>(null)
  const checked = ref<ModelSetChecked | null>(null)
  const partners = ref<ModelSetChecked['partners']>({})
  const estimate = ref<Estimate | null>(null)
  /** What sizes snap to, in pixels. */
  const multiple = ref(8)
  const saving = ref(false)
  let before = emptyDraft()
  const models = useModels()
  const { attempt } = useAlerts()

  const family = computed(() => familyOf(checked.value?.family ?? '', models.families))
  const parts = computed(() => [...new Set([...family.value ? partsOf(family.value) : [], ...othersIn(draft.value?.files ?? {})])])
  /** Files that are not touched need not be there. */
  const complete = computed(() => {
    if (!draft.value || draft.value.name.trim() === '') return false
    const { files, loras } = changeOf(draft.value, before)
    return checked.value?.ok === true || (draft.value.id !== null && files === undefined && loras === undefined)
  })

  function open(preset: ImagePreset | null): void {
    draft.value = preset ? draftOf(preset) : emptyDraft()
    before = preset ? draftOf(preset) : emptyDraft()
    multiple.value = preset?.multiple ?? 8
    checked.value = null
    estimate.value = null
    partners.value = {}
    void attempt(models.load)
    void offer()
  }

  function close(): void {
    draft.value = null
  }

  /** With what goes with it: partners are proposed, and its family's defaults where it is another family. */
  async function chooseHead(id: string): Promise<void> {
    const head = heads(models.models ?? []).find(({ value }) => value === id)
    if (!draft.value || !head) return
    const was = checked.value?.family
    draft.value.files = { [head.part]: id }
    await offer()
    if (!draft.value || draft.value.files[head.part] !== id || !checked.value) return
    draft.value.files = { ...draft.value.files, ...checked.value.proposed }
    if (!family.value || was === checked.value.family) return
    draft.value = withFamily(draft.value, family.value)
    multiple.value = family.value.defaults.multiple
  }

  function choose(part: string, id: string | null): void {
    if (!draft.value) return
    const others = Object.entries(draft.value.files).filter(([other]) => other !== part)
    draft.value.files = Object.fromEntries(id === null ? others : [...others, [part, id]])
  }

  function startAsFamily(): void {
    if (draft.value && family.value) draft.value = withFamily(draft.value, family.value)
  }

  function addLora(id: string): void {
    draft.value?.loras.push({ id, strength: 1 })
  }

  function dropLora(id: string): void {
    if (draft.value) draft.value.loras = draft.value.loras.filter((one) => one.id !== id)
  }

  /** Which files would go with its diffusion model. */
  async function offer(): Promise<void> {
    const part = draft.value && headOf(draft.value.files)
    const id = part && draft.value?.files[part]
    if (!part || !id) return
    checked.value = await desk.checkModels({ [part]: id }, []).catch(() => null)
    partners.value = checked.value?.partners ?? {}
  }

  /** It says nothing where it can't be told, as of a file that is gone. */
  const check = coalesced(async () => {
    const now = draft.value
    if (now && headOf(now.files)) checked.value = await desk.checkModels(now.files, now.loras.map(({ id }) => id)).catch(() => null)
  })

  const foretell = coalesced(async () => {
    const now = draft.value
    if (!now || !headOf(now.files)) return
    const { files, width, height, memory_flags } = now
    const loras = now.loras.map(({ id }) => id)
    estimate.value = await desk.estimatePreset({ files, width, height, memory_flags, loras }).catch(() => null)
  })

  watch(() => JSON.stringify([draft.value?.files, draft.value?.loras]), check)
  watch(() => draft.value && JSON.stringify([draft.value.files, draft.value.loras, draft.value.width, draft.value.height, draft.value.memory_flags]), foretell)

  async function save(): Promise<void> {
    const now = draft.value
    if (!now || !complete.value) return
    saving.value = true
    const done = now.id === null
      ? await useUndo().act(`Preset “${now.name}” added`, (account) => desk.createPreset(creationOf(now), account), true)
      : await edit(now.id, now)
    saving.value = false
    if (done) close()
  }

  function edit(id: string, now: Draft): Promise<ImagePreset | undefined> {
    const change = changeOf(now, before)
    return useUndo().act(`Preset “${now.name}” edited`, (account) => desk.editPreset(id, change, account), true)
  }

  return { draft, checked, partners, estimate, multiple, saving, family, parts, complete, open, close, chooseHead, choose, startAsFamily, addLora, dropLora, save }
})
