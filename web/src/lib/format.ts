/** A memory size given in MiB. */
export function memory(mib: number): string {
  return mib < 1000 ? `${Math.round(mib)} MB` : `${(mib / 1024).toFixed(1)} GB`
}

export function bytes(count: number): string {
  if (count < 1024) return `${count} B`
  const kib = count / 1024
  return kib < 1000 ? `${Math.round(kib)} KB` : memory(kib / 1024)
}

/** `4.2 s` below ten seconds, `48 s` below a minute, then `2:05`. */
export function duration(seconds: number): string {
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

/** Steps per second while fast, seconds per step while slow, as people compare them. */
export function rate(stepsPerSecond: number): string {
  return stepsPerSecond >= 1 ? `${stepsPerSecond.toFixed(1)} it/s` : `${(1 / stepsPerSecond).toFixed(1)} s/it`
}

export function moment(iso: string): string {
  return new Date(iso).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' })
}

/** `models/a.gguf` → `a.gguf`. */
export function base(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1)
}

/** `1 step`, `2 steps`. */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}

/** `thumbnail_side` → `Thumbnail side`. */
export function titled(key: string): string {
  const words = key.replaceAll('_', ' ')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
