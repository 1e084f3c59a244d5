import type { Crash } from '../../api/types'
import { moment } from '../../lib/format'

/** When and how gravely. Of a desk that ended in silence only the last sign of life is known. */
export function headline({ at, ended, kind }: Crash): string {
  if (!ended) return `Something went wrong in the desk on ${moment(at)}`
  return `The desk ended unexpectedly ${kind === 'silence' ? 'after' : 'on'} ${moment(at)}`
}
