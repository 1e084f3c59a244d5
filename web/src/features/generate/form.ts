/** What the form holds, and how presets and recipes flow into it. */
import type { Choices, GenerationRequest, ImagePreset, PresetEdit, Recipe } from '../../api/types'
import { sizeOf } from './sizes'
import type { Limits, Size } from './sizes'

export interface Form {
  prompt: string
  negativePrompt: string
  preset: string
  size: Size
  steps: number
  cfg: number
  guidance: number
  sampler: string
  sigmaSchedule: string
  seed: number
  batch: number
}

export const RANDOM_SEED = -1
export const LARGEST_SEED = 2 ** 32 - 1

export const EMPTY_FORM: Form = {
  prompt: '',
  negativePrompt: '',
  preset: '',
  size: { width: 512, height: 512, ratio: 1 },
  steps: 20,
  cfg: 1,
  guidance: 3.5,
  sampler: '',
  sigmaSchedule: '',
  seed: RANDOM_SEED,
  batch: 1,
}

export function limitsOf(choices: Choices | null, preset: ImagePreset | null): Limits {
  return { least: choices?.min_size ?? 64, most: choices?.max_size ?? 4096, multiple: preset?.multiple ?? 8 }
}

/** Everything that a preset decides; words, seed and batch stay a person's own. */
export function withDefaults(form: Form, preset: ImagePreset, limits: Limits): Form {
  const { steps, cfg, guidance, sampler } = preset
  const size = sizeOf(preset.width, preset.height, limits)
  return { ...form, preset: preset.id, size, steps, cfg, guidance, sampler, sigmaSchedule: preset.sigma_schedule }
}

/** What of the form the preset is to start with from now on; empty where it does already. */
export function ownDefaults({ size, steps, cfg, guidance, sampler, sigmaSchedule }: Form, preset: ImagePreset): PresetEdit {
  const wished = { width: size.width, height: size.height, steps, cfg, guidance, sampler, sigma_schedule: sigmaSchedule }
  return Object.fromEntries(Object.entries(wished).filter(([key, value]) => preset[key as keyof typeof wished] !== value))
}

export type Reused = 'all' | 'prompt' | 'seed' | 'size'

/** `seed` is that of the chosen picture, which in a batch differs from its recipe's. */
export function reuse(form: Form, recipe: Recipe, seed: number, what: Reused, limits: Limits): Form {
  const words = { prompt: recipe.prompt, negativePrompt: recipe.negative_prompt }
  const size = sizeOf(recipe.width, recipe.height, limits)
  if (what === 'prompt') return { ...form, ...words }
  if (what === 'seed') return { ...form, seed }
  if (what === 'size') return { ...form, size }
  const { preset, steps, cfg, guidance, sampler } = recipe
  return { ...form, ...words, preset, size, steps, cfg, guidance, sampler, sigmaSchedule: recipe.sigma_schedule, seed }
}

/** At cfg 1 the engine never reads the negative prompt. */
export function usesNegative(form: Form): boolean {
  return form.cfg !== 1
}

export type Placement = GenerationRequest['placement']

export function requestOf(form: Form, placement: Placement): GenerationRequest {
  const { preset, seed, steps, cfg, guidance, batch } = form
  return {
    prompt: form.prompt.trim(),
    negative_prompt: usesNegative(form) ? form.negativePrompt.trim() : '',
    sampler: form.sampler || null,
    sigma_schedule: form.sigmaSchedule || null,
    width: form.size.width,
    height: form.size.height,
    ...{ preset, seed, steps, cfg, guidance, batch, placement },
  }
}

/** What an earlier visit stored, field by field where its type still fits. */
export function admitForm(stored: unknown): Form {
  const old = (stored ?? {}) as Record<string, unknown>
  const fields = Object.entries(EMPTY_FORM).map(([key, first]) => [key, fits(old[key], first) ? old[key] : first])
  return Object.fromEntries(fields) as Form
}

function fits(value: unknown, like: unknown): boolean {
  if (typeof like !== 'object' || like === null) return typeof value === typeof like
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(like).every(([key, part]) => fits((value as Record<string, unknown>)[key], part))
}
