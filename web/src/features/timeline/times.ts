const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [['day', 86_400], ['hour', 3600], ['minute', 60]]
const RELATIVE = new Intl.RelativeTimeFormat('en', { numeric: 'auto' })

/** `just now`, `5 minutes ago`, `yesterday`; after a week the time of day alone, as its day stands above. */
export function ago(iso: string, now: number): string {
  const seconds = (now - Date.parse(iso)) / 1000
  if (seconds < 60) return 'just now'
  if (seconds >= 7 * 86_400) return timeOf(iso)
  const [unit, length] = UNITS.find(([, each]) => seconds >= each) ?? ['minute', 60]
  return RELATIVE.format(-Math.floor(seconds / length), unit)
}

export function timeOf(iso: string): string {
  return new Date(iso).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' })
}

/** To the millisecond, as the log has it. */
export function exactly(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'medium' })
}

/** `2026-11-26` → `Today`, `Yesterday`, `Thursday, 26 November 2026`. The day is the desk's own. */
export function dayName(day: string, now: Date): string {
  const [today, yesterday] = [0, 1].map((back) => dayOf(new Date(now.getFullYear(), now.getMonth(), now.getDate() - back)))
  if (day === today) return 'Today'
  if (day === yesterday) return 'Yesterday'
  const [year = 0, month = 1, date = 1] = day.split('-').map(Number)
  return new Date(year, month - 1, date).toLocaleDateString(undefined, { weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' })
}

function dayOf(date: Date): string {
  return [date.getFullYear(), date.getMonth() + 1, date.getDate()].map((part) => String(part).padStart(2, '0')).join('-')
}
