import type { DeviceMemory, System, Worker } from '../../api/types'

/** Whose memory a part of the bar is, in MiB. */
export interface Share {
  owner: 'image' | 'language' | 'desk' | 'other' | 'committed' | 'free'
  label: string
  mib: number
}

export const LABELS: Record<Share['owner'], string> = {
  image: 'Image worker', language: 'Language worker', desk: 'Desk and media', other: 'Other programs',
  committed: 'Promised to work', free: 'Free',
}

/** The workers that models are loaded by, each an owner of its own. */
const ENGINES = ['image', 'language'] as const

/** The device's memory by owner. Without a GPU the device is the machine itself, and the desk's own memory counts too.
 *  Of a simulated one, only the workers use any; what is promised to work that hasn't taken it yet is free still. */
export function shares(memory: DeviceMemory, workers: readonly Worker[], deskMib: number): Share[] {
  const onMachine = memory.device === 'cpu' && !memory.simulated
  const of = (wanted: (kind: string) => boolean) => sum(workers.filter(({ kind }) => wanted(kind)), memory, onMachine)
  const engines = ENGINES.filter((engine) => workers.some(({ kind }) => kind === engine))
    .map((engine) => share(engine, of((kind) => kind === engine)))
  const rest = of((kind) => !isEngine(kind)) + (onMachine ? deskMib : 0)
  const own = engines.reduce((mib, engine) => mib + engine.mib, rest)
  const free = Math.min(memory.free_mb, memory.total_mb)
  const promised = Math.min(memory.committed_mb, free)
  return [
    ...engines,
    share('desk', rest),
    share('other', Math.max(0, memory.total_mb - free - own)),
    ...(promised ? [share('committed', promised)] : []),
    share('free', free - promised),
  ]
}

function isEngine(kind: string): boolean {
  return ENGINES.some((engine) => engine === kind)
}

function share(owner: Share['owner'], mib: number): Share {
  return { owner, label: LABELS[owner], mib }
}

function sum(workers: readonly Worker[], { device }: DeviceMemory, onMachine: boolean): number {
  return workers.reduce((mib, { memory }) => {
    if (!memory) return mib
    if (onMachine) return mib + memory.rss_mb
    return memory.device === device ? mib + memory.allocated_mb : mib
  }, 0)
}

/** What nobody has taken yet. */
export function unused(all: readonly Share[]): number {
  return all.filter(({ owner }) => owner === 'free' || owner === 'committed').reduce((mib, share) => mib + share.mib, 0)
}

export function deviceWords({ device, simulated }: DeviceMemory): string {
  const name = device === 'cpu' ? 'Processor (no GPU in use)' : device
  return simulated ? `${name}, simulated` : name
}

export function stalled(system: System): System['projections'] {
  return system.projections.filter((projection) => projection.stalled !== null)
}
