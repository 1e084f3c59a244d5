/** Which files a preset could be assembled from, by part. */
import type { ImagePreset, Model, ModelFamilies, ModelFamily, ModelSetChecked, PresetCreation, PresetEdit } from '../../api/types'

export type MemoryFlag = ImagePreset['memory_flags'][number]
export type Files = Record<string, string>

export interface DraftLora {
  id: string
  strength: number
}

/** A preset as it is being written; `id` is null for a new one. */
export interface Draft {
  id: string | null
  name: string
  notes: string
  files: Files
  width: number
  height: number
  steps: number
  cfg: number
  guidance: number
  sampler: string
  sigma_schedule: string
  memory_flags: MemoryFlag[]
  loras: DraftLora[]
  cover: string
}

export interface Option {
  value: string
  label: string
}

/** The parts of which a preset has one: that decides the family. */
export const HEADS: readonly string[] = ['model', 'diffusion']
export const FLAGS: readonly MemoryFlag[] = [
  'flash_attention', 'vae_tiling', 'text_encoders_on_cpu', 'vae_on_cpu', 'weights_in_ram', 'segmented_graph',
]

const EMPTY: Draft = {
  id: null, name: '', notes: '', files: {}, width: 512, height: 512, steps: 20, cfg: 1, guidance: 3.5,
  sampler: 'euler', sigma_schedule: 'discrete', memory_flags: [], loras: [], cover: '',
}

export function emptyDraft(): Draft {
  return structuredClone(EMPTY)
}

export function draftOf(preset: ImagePreset): Draft {
  const { id, name, notes, width, height, steps, cfg, guidance, sampler, sigma_schedule, memory_flags, cover, files } = preset
  const ids = Object.fromEntries(files.map((file) => [file.part, file.id]))
  return {
    id, name, notes, width, height, steps, cfg, guidance, sampler, sigma_schedule,
    memory_flags: [...memory_flags], loras: preset.loras.map(({ id: lora, strength }) => ({ id: lora, strength })), cover: cover ?? '', files: ids,
  }
}

/** With what a new preset of the family starts with. */
export function withFamily(draft: Draft, { defaults }: ModelFamily): Draft {
  const { width, height, steps, cfg, guidance, sampler, sigma_schedule } = defaults
  return { ...draft, width, height, steps, cfg, guidance, sampler, sigma_schedule }
}

export function headOf(files: Files): string | null {
  return HEADS.find((part) => files[part]) ?? null
}

export function othersIn(files: Files): string[] {
  return Object.keys(files).filter((part) => !HEADS.includes(part))
}

/** Full models and diffusion models, by name. */
export function heads(models: readonly Model[]): (Option & { part: string })[] {
  return models.flatMap((model) => {
    const part = HEADS.find((one) => model.parts.includes(one))
    return part && model.ok ? [{ value: model.id, label: model.name, part }] : []
  })
}

/** The family's other parts, those that it needs first. */
export function partsOf(family: ModelFamily): string[] {
  return [...new Set([...family.needs.flat(), ...family.accepts])].filter((part) => family.accepts.includes(part))
}

/** What fits best comes first, and then whatever else is of that part. */
export function optionsFor(part: string, models: readonly Model[], partners: ModelSetChecked['partners']): Option[] {
  const fitting = partners[part] ?? []
  const others = models.filter(({ id, ok, parts }) => ok && parts.includes(part) && !fitting.some((one) => one.id === id))
  return [...fitting, ...others].map(({ id, name }) => ({ value: id, label: name }))
}

/** Those that the preset has not got yet, by name. */
export function loraOptions(models: readonly Model[], chosen: readonly DraftLora[]): Option[] {
  const free = models.filter(({ id, ok, parts }) => ok && parts.includes('lora') && !chosen.some((one) => one.id === id))
  return free.map(({ id, name }) => ({ value: id, label: name }))
}

/** With the one that is chosen, also where it is not among them any more. */
export function withChosen<Offered extends Option>(options: readonly Offered[], chosen: string | undefined): (Offered | Option)[] {
  const isThere = chosen === undefined || options.some(({ value }) => value === chosen)
  return isThere ? [...options] : [...options, { value: chosen, label: 'A file that is not there any more' }]
}

export function partTitle(part: string, families: ModelFamilies | null): string {
  const title = families?.parts[part] ?? part
  return title.charAt(0).toUpperCase() + title.slice(1)
}

export function familyTitle(id: string, families: ModelFamilies | null): string {
  return families?.families.find((one) => one.id === id)?.title ?? id
}

export function familyOf(id: string, families: ModelFamilies | null): ModelFamily | null {
  return families?.families.find((one) => one.id === id) ?? null
}

export function creationOf(draft: Draft): PresetCreation {
  const { notes, files, width, height, steps, cfg, guidance, sampler, sigma_schedule, memory_flags, loras, cover } = draft
  const name = draft.name.trim()
  return { name, notes, files, width, height, steps, cfg, guidance, sampler, sigma_schedule, memory_flags, loras, cover }
}

/** What is another than it was: files that are not touched need not be there. */
export function changeOf(draft: Draft, before: Draft): PresetEdit {
  const was = Object.entries(creationOf(before)).map(([key, value]) => [key, JSON.stringify(value)])
  const same = Object.fromEntries(was) as Record<string, string>
  return Object.fromEntries(Object.entries(creationOf(draft)).filter(([key, value]) => JSON.stringify(value) !== same[key]))
}
