import type { Memory, System, Worker } from '../../api/types'

/** Whose memory a part of the bar is, in MiB. */
export interface Share {
  owner: 'image' | 'desk' | 'other' | 'free'
  label: string
  mib: number
}

const DEVICE_IMAGE = 'image'

/** The device's memory by owner. Without a GPU the device is the machine itself, and the desk's own memory counts too. */
export function shares(memory: Memory, workers: readonly Worker[], deskMib: number): Share[] {
  const onMachine = memory.device === 'cpu'
  const image = sum(workers.filter(({ kind }) => kind === DEVICE_IMAGE), memory, onMachine)
  const rest = sum(workers.filter(({ kind }) => kind !== DEVICE_IMAGE), memory, onMachine) + (onMachine ? deskMib : 0)
  const free = Math.min(memory.free_mb, memory.total_mb)
  return [
    { owner: 'image', label: 'Image worker', mib: image },
    { owner: 'desk', label: 'Desk and media', mib: rest },
    { owner: 'other', label: 'Other programs', mib: Math.max(0, memory.total_mb - free - image - rest) },
    { owner: 'free', label: 'Free', mib: free },
  ]
}

function sum(workers: readonly Worker[], { device }: Memory, onMachine: boolean): number {
  return workers.reduce((mib, { memory }) => {
    if (!memory) return mib
    if (onMachine) return mib + memory.rss_mb
    return memory.device === device ? mib + memory.allocated_mb : mib
  }, 0)
}

export function stalled(system: System): System['projections'] {
  return system.projections.filter((projection) => projection.stalled !== null)
}
