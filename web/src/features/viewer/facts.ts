import type { Choice, Choices, Image } from '../../api/types'
import { bytes, moment } from '../../lib/format'

export interface Fact {
  name: string
  value: string
}

/** Everything that made a picture, apart from its words. */
export function factsOf({ recipe, ...image }: Image, choices: Choices | null): Fact[] {
  return [
    { name: 'Preset', value: recipe.preset_name },
    { name: 'Size', value: `${image.width} × ${image.height}` },
    { name: 'Seed', value: String(image.seed) },
    { name: 'Steps', value: String(recipe.steps) },
    { name: 'CFG scale', value: String(recipe.cfg) },
    { name: 'Guidance', value: String(recipe.guidance) },
    { name: 'Sampler', value: named(choices?.samplers, recipe.sampler) },
    { name: 'Sigma schedule', value: named(choices?.sigma_schedules, recipe.sigma_schedule) },
    ...(recipe.batch > 1 ? [{ name: 'In the batch', value: `${image.index + 1} of ${recipe.batch}` }] : []),
    { name: 'Made', value: moment(image.made_at) },
    { name: 'File', value: bytes(image.file_size) },
    { name: 'Pixels SHA-256', value: `${image.pixels_sha256.slice(0, 16)}…` },
  ]
}

function named(offered: readonly Choice[] | undefined, id: string): string {
  return offered?.find((choice) => choice.id === id)?.name ?? id
}
