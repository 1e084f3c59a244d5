/** What lies in memory, in words. */
import type { Holder } from '../../api/types'
import { memory } from '../../lib/format'
import { mitigationName } from '../memory/words'

export function loadedOf(owners: readonly Holder[]): Holder[] {
  return owners.filter(({ preset_id }) => preset_id !== null)
}

/** A preset that was deleted since has no name any more. */
export function loadedWords({ owner, preset }: Holder): string {
  return preset ?? `The model of the ${owner} worker`
}

export function heldWords({ owner, mb, ram_mb, soft_mb, process_mb, mitigations }: Holder): string {
  return [
    `${owner} worker`,
    memory(mb),
    ...(soft_mb ? [`of which ${memory(soft_mb)} is context`] : []),
    ...(ram_mb ? [`${memory(ram_mb)} in RAM beside it`] : []),
    ...(process_mb ? [`${memory(process_mb)} for the worker itself`] : []),
    ...mitigations.map(mitigationName),
  ].join(' · ')
}
