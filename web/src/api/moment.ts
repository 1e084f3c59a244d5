/** Which desk the page reads: that of now, or that of a position in the log. The one switch behind all reads. */

const MIRRORED = /^\/api\/(images|generations|queue|presets|jobs|settings|events|memory)(\/|$)/
/** The System screen shows workers and crashes as they are, so there they can be dealt with too. */
const ALWAYS = /^\/api\/(as-of|session|system)(\/|$)/

let position: number | null = null

export function readAsOf(at: number | null): void {
  position = at
}

export function isPast(): boolean {
  return position !== null
}

/** Where the answer is for the moment that is looked at; what has no past is read as it is now. */
export function placed(path: string): string {
  return position !== null && MIRRORED.test(path) ? path.replace('/api/', `/api/as-of/${position}/`) : path
}

/** The past is looked at, not changed. */
export function isRefused(method: string, path: string): boolean {
  return position !== null && method !== 'GET' && !ALWAYS.test(path)
}
