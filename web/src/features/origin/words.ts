import type { Comparison, Difference, ImageOrigin } from '../../api/types'

type Color = 'success' | 'warning' | 'error'

export const VERDICTS: Record<ImageOrigin['verdict'], { label: string; words: string; color: Color }> = {
  exact: {
    label: 'Exact', color: 'success',
    words: 'Recipe, model files and engine are as they were: the same picture can be made again.',
  },
  likely: {
    label: 'Likely', color: 'warning',
    words: 'Only what computes has changed: the picture comes out alike, perhaps not in every pixel.',
  },
  cannot: {
    label: 'Cannot', color: 'error',
    words: 'What made it is no longer here: another picture would come out.',
  },
}

const NAMES: Record<string, string> = {
  'engine.name': 'Engine', 'engine.version': 'Engine version', 'engine.backend': 'Backend', 'engine.device': 'Device',
  prompt: 'Prompt', negative_prompt: 'Negative prompt', kind: 'Kind', sampler: 'Sampler', sigma_schedule: 'Sigma schedule',
  steps: 'Steps', cfg: 'CFG scale', guidance: 'Guidance', seed: 'Seed', width: 'Width', height: 'Height',
  mitigations: 'Precautions',
}
const HASH = /^[0-9a-f]{64}$/
const HASH_SHOWN = 16

/** `model_files.vae.sha256` → `Model file vae, SHA-256`. */
export function nameOf(field: string): string {
  const [, part, what] = /^model_files\.(.+)\.(size|sha256)$/.exec(field) ?? []
  return part ? `Model file ${part}, ${what === 'size' ? 'size' : 'SHA-256'}` : NAMES[field] ?? field
}

export function told(field: string, fact: Difference['then']): string {
  if (fact === null) return field.startsWith('model_files.') ? 'missing' : 'not known'
  const text = String(fact)
  return HASH.test(text) ? `${text.slice(0, HASH_SHOWN)}…` : text || 'none'
}

/** What is told when a picture was made again. */
export function outcome({ identical, differing }: Comparison): { title: string; words: string } {
  const fields = differing.map(({ field }) => nameOf(field)).join(', ')
  if (identical) return { title: 'Identical: every pixel is the same', words: fields && `Though these differ: ${fields}.` }
  return { title: 'It came out different', words: fields ? `What differs: ${fields}.` : 'No fact that the desk knows of differs.' }
}
