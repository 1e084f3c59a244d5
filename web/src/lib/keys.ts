/** Keyboard shortcuts: one table is both what works and what the cheat sheet says. */

export interface Shortcut {
  /** Such as `ctrl+shift+enter`, `alt+x` or `?`. On a Mac, ctrl is also ⌘. */
  keys: string
  /** What the cheat sheet says; empty for one that is said together with another. */
  does: string
  /** What the cheat sheet shows in place of the keys, where it speaks of several. */
  shown?: string
  /** Also while a field has the focus. */
  inFields?: boolean
  run: () => void
}

type Pressed = Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>

const NAMED = new Set(['enter', 'escape', 'delete', 'arrowup', 'arrowdown', 'arrowleft', 'arrowright'])

export function matches(keys: string, pressed: Pressed): boolean {
  const parts = keys.split('+')
  const last = parts.at(-1) ?? ''
  const wants = (part: string) => parts.includes(part)
  // A character such as ? already says what Shift was for.
  const shiftFits = wants('shift') === pressed.shiftKey || (!NAMED.has(last) && !/^[a-z]$/.test(last))
  return wants('ctrl') === (pressed.ctrlKey || pressed.metaKey) && wants('alt') === pressed.altKey && shiftFits
    && (pressed.key.toLowerCase() === last || (wants('alt') && pressed.code.toLowerCase() === `key${last}`))
}

export function inField(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('input, textarea, select, [contenteditable="true"]') !== null
}

/** The shortcut that this key press means, if any. */
export function meant(shortcuts: readonly Shortcut[], event: KeyboardEvent): Shortcut | null {
  const typing = inField(event.target)
  return shortcuts.find((one) => (one.inFields || !typing) && matches(one.keys, event)) ?? null
}

const SHOWN: Record<string, string> = {
  ctrl: 'Ctrl', shift: 'Shift', alt: 'Alt', enter: 'Enter', escape: 'Esc', delete: 'Del',
  arrowup: '↑', arrowdown: '↓', arrowleft: '←', arrowright: '→',
}

export function caps(keys: string): string[] {
  return keys.split('+').map((part) => SHOWN[part] ?? part.toUpperCase())
}
