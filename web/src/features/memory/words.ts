/** What the desk decides about memory, by the names that people know. */
import type { MemoryPlan, MemoryStep } from '../../api/types'

/** The components of models, and the steps of making pictures and answers. */
const PARTS: Record<string, string> = {
  text_encoders: 'Text encoders', diffusion: 'Diffusion model', vae: 'VAE', language: 'Language model', projector: 'Projector',
  text_encoding: 'Text', sampling: 'Steps', highres: 'Second pass', decoding: 'Decoding', answering: 'Answering',
}

/** What may give where memory is short, from the least to the most costly; `{owner}` is whose model goes. */
const RUNGS: Record<string, string> = {
  soft_unload: 'Drop the context of the {owner} model',
  hard_unload: 'Unload the {owner} model',
  text_encoders_on_cpu: 'Text encoders on the CPU',
  vae_tiling: 'Decode in tiles',
  vae_on_cpu: 'VAE on the CPU',
  weights_in_ram: 'Weights in RAM',
  segmented_graph: 'Compute in segments',
  flash_attention: 'Flash attention',
}

const VERDICTS: Record<string, string> = {
  taken: 'Done',
  not_needed: 'Not needed',
  saves_nothing: 'Would save nothing',
  no_ram: 'No RAM left for it',
  not_enough: 'Not enough',
}

export const KNOWN: Record<MemoryPlan['known'], string> = {
  estimated: 'A first guess: nothing like it was measured before.',
  scaled: 'Scaled from pictures of another size that were measured.',
  learned: 'Learned from pictures of several sizes that were measured.',
}

export const PURPOSES: Record<MemoryPlan['purpose'], string> = {
  picture: 'For a picture', answer: 'For an answer', prewarm: 'Loaded ahead of time', asked: 'Loaded as asked',
}

export function partName(part: string): string {
  return PARTS[part] ?? part
}

export function rungName({ rung, owner }: Pick<MemoryStep, 'rung' | 'owner'>): string {
  return (RUNGS[rung] ?? rung).replace('{owner}', owner)
}

/** The name of a rung that needs no owner. */
export function mitigationName(mitigation: string): string {
  return rungName({ rung: mitigation, owner: '' })
}

export function verdictName(verdict: string): string {
  return VERDICTS[verdict] ?? verdict
}

export function deviceName(device: string): string {
  return device === 'cpu' || device === 'ram' ? 'RAM (no GPU in use)' : device
}

/** What a generation fails of where memory is short. */
export const MEMORY_CODES: readonly string[] = ['does_not_fit', 'out_of_memory']

/** What is told of a generation that has to do with its memory. */
export const EXPLAINED: readonly string[] = [...MEMORY_CODES, 'memory_planned']

/** What a prediction rested on, and how its point looks. */
export const BASES: readonly { known: MemoryPlan['known']; label: string; property: string; hollow: boolean }[] = [
  { known: 'estimated', label: 'First guess', property: '--ui-warning', hollow: true },
  { known: 'scaled', label: 'Scaled from another size', property: '--ui-info', hollow: false },
  { known: 'learned', label: 'Learned', property: '--ui-success', hollow: false },
]
