/** The catalogue in words. */
import type { CatalogueFile, CatalogueModel } from '../../../api/types'
import { base, counted } from '../../../lib/format'
import type { Told } from '../../alerts/store'

type State = CatalogueFile['state']

export const STATES: Record<State, { label: string; color: 'success' | 'error' | 'neutral' }> = {
  whole: { label: 'Whole', color: 'success' },
  missing: { label: 'Missing', color: 'error' },
  damaged: { label: 'Damaged', color: 'error' },
  unchecked: { label: 'Not checked yet', color: 'neutral' },
}

export function isWhole({ files }: CatalogueModel): boolean {
  return files.every(({ state }) => state === 'whole')
}

/** What a check found. */
export function verdict(model: CatalogueModel): Told {
  const broken = model.files.filter(({ state }) => state === 'missing' || state === 'damaged')
  if (!broken.length) return whole(`${model.name} is whole`, model)
  const named = broken.map(({ name, state }) => `${base(name)} is ${STATES[state].label.toLowerCase()}`)
  return { level: 'warning', title: `${model.name} is not whole`, words: `${named.join(', ')}.`, advice: 'Restore it: the program brings it along.' }
}

export function restored(model: CatalogueModel): Told {
  return whole(`${model.name} is whole again`, model)
}

function whole(title: string, { files }: CatalogueModel): Told {
  return { level: 'info', title, words: `${counted(files.length, 'file')}, as ${files.length === 1 ? 'it' : 'they'} came with the desk.` }
}
