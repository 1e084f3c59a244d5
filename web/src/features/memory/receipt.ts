/** The account of a plan: what there was, what was needed, what gave, and what came of it. */
import type { GenerationMemory, MemoryMeasurement, MemoryPlan, MemoryStep } from '../../api/types'
import { memory } from '../../lib/format'
import { deviceName, partName, rungName, verdictName } from './words'

export interface Line {
  name: string
  size: string
  /** A sum stands below a rule; an aside is said beside it, and counts for nothing. */
  kind: 'item' | 'sum' | 'aside'
}

export interface Tried {
  name: string
  verdict: string
  taken: boolean
  saving: string
  cost: string
}

/** Below this a difference is one of rounding, in MiB. */
const ROUNDING = 1

/** The plans of a generation are numbered from 1. */
export interface Attempt {
  number: number
  plan: MemoryPlan
  measured: MemoryMeasurement[]
}

/** Each plan with the pictures that were made by it, the newest first. */
export function during({ plans, measured }: GenerationMemory): Attempt[] {
  const attempts = plans.map((plan, index) => {
    const until = plans[index + 1]?.position ?? Infinity
    return { number: index + 1, plan, measured: measured.filter(({ position }) => position > plan.position && position < until) }
  })
  return attempts.reverse()
}

/** Whether the event at that position is the plan, or one of the measurements; where none is named, each is. */
export function isOf({ plan, measured }: Attempt, position?: number): boolean {
  return position === undefined || [plan, ...measured].some((each) => each.position === position)
}

export function roomLines(plan: MemoryPlan): Line[] {
  const { total_mb, others_mb, room_mb, available_mb } = plan
  return [
    item(deviceName(plan.device), memory(total_mb)),
    ...some(others_mb, 'Other programs', minus),
    ...some(total_mb - others_mb - room_mb, 'Held or promised by the desk', minus),
    sum('May be used', memory(room_mb)),
    ...(available_mb - room_mb > ROUNDING ? [aside('Once made room', memory(available_mb))] : []),
  ]
}

/** Weights stay, and of the steps' buffers the largest counts; what the preset always does otherwise is made up for. */
export function needLines(plan: MemoryPlan): Line[] {
  const parts = Object.entries(plan.weights_mb)
  const computing = [...plan.phases].sort((one, other) => other.compute_mb - one.compute_mb)
  const [largest, ...smaller] = computing
  const fixed = plan.process_mb + plan.context_mb + plan.safety_mb
  const added = parts.reduce((mib, [, size]) => mib + size, fixed + (largest?.compute_mb ?? 0))
  return [
    ...parts.map(([part, size]) => item(partName(part), memory(size))),
    ...(largest ? [item(`Computing: ${partName(largest.name)}`, memory(largest.compute_mb))] : []),
    ...smaller.map(({ name, compute_mb }) => aside(`${partName(name)}, at another time`, memory(compute_mb))),
    ...some(plan.context_mb, 'Context', memory),
    ...some(plan.process_mb, 'Worker', memory),
    ...some(plan.safety_mb, 'Margin, stays unused', memory),
    ...some(added - plan.needed_mb, 'Saved by the preset’s settings', minus),
    ...some(plan.needed_mb - added, 'Wider margin, before anything gave', plus),
    sum('Needed', memory(plan.needed_mb)),
  ]
}

export function triedRungs(steps: readonly MemoryStep[]): Tried[] {
  return steps.map((step) => ({
    name: rungName(step),
    verdict: verdictName(step.verdict),
    taken: step.verdict === 'taken',
    saving: saved(step),
    cost: step.cost_seconds >= 0.05 ? `${step.cost_seconds.toFixed(1)} s` : 'none',
  }))
}

/** What is needed once the rungs are taken that were, of the device and of the RAM beside it. */
export function plannedLine({ planned_mb, planned_ram_mb }: MemoryPlan): Line {
  return sum('Then needed', planned_ram_mb > ROUNDING ? `${memory(planned_mb)} and ${memory(planned_ram_mb)} of RAM` : memory(planned_mb))
}

/** Where the plan ends: that it fits, or what is lacking and what would fit. */
export function outcome(plan: MemoryPlan): string {
  if (plan.fits) return `Fits: ${memory(plan.planned_mb)} of ${memory(plan.available_mb)}`
  const short = plan.short_mb ? memory(plan.short_mb) : `${memory(plan.short_ram_mb)} of RAM`
  return `Does not fit: ${short} short`
}

export function instead({ fits, would_fit }: MemoryPlan): string {
  if (fits) return ''
  return would_fit ? `${would_fit} would fit.` : 'Nothing smaller would fit either as things are.'
}

/** What a measurement is held against: the margin is there to stay unused. */
export function predicted({ planned_mb, safety_mb }: MemoryPlan): number {
  return planned_mb - safety_mb
}

/** `+9.5 %`: so much more was predicted than it took. */
export function percent(error: number): string {
  const shown = (100 * Math.abs(error)).toFixed(1)
  const sign = Number(shown) === 0 ? '' : error < 0 ? '−' : '+'
  return `${sign}${shown} %`
}

export function measuredWords({ predicted_mb, measured_mb, error }: MemoryMeasurement): string {
  return `Predicted ${memory(predicted_mb)}, measured ${memory(measured_mb)}: ${percent(error)}`
}

function saved({ saving_mb, saving_ram_mb }: MemoryStep): string {
  const ram = Math.abs(saving_ram_mb) < ROUNDING ? '' : ` (RAM ${saving_ram_mb > 0 ? minus(saving_ram_mb) : plus(-saving_ram_mb)})`
  return `${saving_mb < ROUNDING ? 'nothing' : memory(saving_mb)}${ram}`
}

function some(mib: number, name: string, shown: (mib: number) => string): Line[] {
  return mib > ROUNDING ? [item(name, shown(mib))] : []
}

const minus = (mib: number) => `−${memory(mib)}`
const plus = (mib: number) => `+${memory(mib)}`
const item = (name: string, size: string): Line => ({ name, size, kind: 'item' })
const sum = (name: string, size: string): Line => ({ name, size, kind: 'sum' })
const aside = (name: string, size: string): Line => ({ name, size, kind: 'aside' })
