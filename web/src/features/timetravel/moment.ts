import type { AsOf } from '../../api/types'

/** `ImageTrashed` → `Image trashed`. */
export function sentence(type: string): string {
  const words = type.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** With its seconds: much can happen within a minute. */
export function exactly(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'medium' })
}

export function described({ position, head, recorded_at, type }: AsOf): { when: string; where: string; what: string } {
  return {
    when: recorded_at ? `on ${exactly(recorded_at)}` : 'before anything happened',
    where: `event ${position.toLocaleString()} of ${head.toLocaleString()}`,
    what: type ? sentence(type) : '',
  }
}

/** What the browser's field for a moment shows: local time, to the second. */
export function fieldValue(iso: string): string {
  const moment = new Date(iso)
  return new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000).toISOString().slice(0, 19)
}
