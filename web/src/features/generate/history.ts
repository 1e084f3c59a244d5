/** The prompts that were used, newest first. `at` is where a walk through them stands; −1 is the draft. */
export interface History {
  past: readonly string[]
  at: number
  draft: string
}

const MOST = 100

export function remembered(past: readonly string[]): History {
  return { past, at: -1, draft: '' }
}

/** A used prompt moves to the top, and the walk ends. */
export function used({ past }: History, prompt: string): History {
  return remembered([prompt, ...past.filter((old) => old !== prompt)].slice(0, MOST))
}

/** One step towards older (1) or newer (−1) prompts. What was being typed is the newest of all. */
export function walk(history: History, typed: string, step: 1 | -1): History & { prompt: string } {
  const { past } = history
  const draft = history.at === -1 ? typed : history.draft
  const start = history.at === -1 && past[0] === typed ? 0 : history.at // the draft as it was used is no step of its own
  const at = Math.min(past.length - 1, Math.max(-1, start + step))
  return { past, at, draft, prompt: past[at] ?? draft }
}
