/** Undo and redo of a text. A field's own forgets everything when a program sets the text, as reusing a prompt does. */
export interface Edits {
  past: readonly string[]
  present: string
  future: readonly string[]
  /** In milliseconds; changes without a pause are undone as one. */
  changedAt: number
}

const MOST = 200
const PAUSE_MS = 800

export function unedited(text: string): Edits {
  return { past: [], present: text, future: [], changedAt: -Infinity }
}

export function changed(edits: Edits, present: string, now: number): Edits {
  const goesOn = now - edits.changedAt < PAUSE_MS
  const past = goesOn ? edits.past : [...edits.past, edits.present].slice(-MOST)
  return { past, present, future: [], changedAt: now }
}

export function undone(edits: Edits): Edits {
  const present = edits.past.at(-1)
  if (present === undefined) return edits
  return { past: edits.past.slice(0, -1), present, future: [edits.present, ...edits.future], changedAt: -Infinity }
}

export function redone(edits: Edits): Edits {
  const [present, ...future] = edits.future
  if (present === undefined) return edits
  return { past: [...edits.past, edits.present], present, future, changedAt: -Infinity }
}
