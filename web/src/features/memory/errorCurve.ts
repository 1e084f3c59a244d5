/** How the errors of predictions are drawn: one point for each picture, in the order in which they were made. */
import type { MemoryMeasurement } from '../../api/types'
import { counted, memory } from '../../lib/format'
import { RECENT, typical } from './errors'
import { percent } from './receipt'
import { BASES } from './words'

type Measured = Pick<MemoryMeasurement, 'error' | 'known'>

/** In per cent; a single picture that is far off would flatten all others. */
const LEAST_SHOWN = 20
const MOST_SHOWN = 200

/** The numbers of the pictures, all errors in per cent, then those by what the prediction rested on. */
export function byBasis(measurements: readonly Measured[]): [number[], number[], ...(number | null)[][]] {
  const errors = measurements.map(({ error }) => Math.max(-MOST_SHOWN, Math.min(MOST_SHOWN, 100 * error)))
  const apart = BASES.map(({ known }) => measurements.map((each, index) => (each.known === known ? errors[index] ?? null : null)))
  return [measurements.map((_, index) => index + 1), errors, ...apart]
}

/** How far the scale reaches to either side, in per cent. */
export function widest(measurements: readonly Measured[]): number {
  const most = Math.max(LEAST_SHOWN, ...measurements.map(({ error }) => 110 * Math.abs(error)))
  return Math.min(MOST_SHOWN, Math.ceil(most / 10) * 10)
}

/** For who doesn't see the chart. */
export function spokenErrors(measurements: readonly MemoryMeasurement[]): string {
  const last = measurements.at(-1)
  if (!last) return 'No picture was measured yet'
  const newest = `the last took ${memory(last.measured_mb)} where ${memory(last.predicted_mb)} were predicted, ${percent(last.error)}`
  return `Prediction errors of ${counted(measurements.length, 'picture')}: ${inShort(measurements)}; ${newest}`
}

/** `the last 10 were off by 3.1 %`, that in the middle. */
export function inShort(measurements: readonly Measured[]): string {
  const recent = measurements.slice(-RECENT)
  const off = 100 * (typical(recent) ?? 0)
  return `the last ${recent.length === 1 ? 'one was' : `${recent.length} were`} off by ${off.toFixed(1)} %`
}
