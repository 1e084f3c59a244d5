import { onScopeDispose } from 'vue'
import type { Image } from '../../api/types'
import { meant } from '../../lib/keys'
import type { Shortcut } from '../../lib/keys'
import { router } from '../../router'
import { useGenerate } from '../generate/store'
import { useQueue } from '../queue/store'
import { useTravel } from '../timetravel/store'
import { useUndo } from '../undo/store'
import { handShortcuts, starShortcuts } from '../viewer/hand'
import { useViewer } from '../viewer/store'
import { SCREENS } from './screens'
import { useShell } from './shell'

/** Works wherever no dialog is open. */
export function deskShortcuts(): Shortcut[] {
  const generate = useGenerate()
  const queue = useQueue()
  const shell = useShell()
  const travel = useTravel()
  return [
    { keys: 'ctrl+enter', does: 'Generate, or queue', inFields: true, run: () => void generate.submit('back') },
    { keys: 'ctrl+shift+enter', does: 'Queue at the front', inFields: true, run: () => void generate.submit('front') },
    { keys: 'alt+x', does: 'Cancel what is running', inFields: true, run: () => void queue.cancelRunning() },
    { keys: 'q', does: 'Show or hide the queue', run: () => { queue.open = !queue.open } },
    { keys: '/', does: 'Go to the prompt, or to the search', run: focusPrompt },
    ...undoShortcuts(),
    ...SCREENS.map(({ key, label, path }) => ({ keys: key, does: `${label} screen`, run: () => void router.push(travel.to(path)) })),
    { keys: 't', does: 'Look back in time, or return', run: () => void travel.toggle() },
    { keys: '?', does: 'This list', run: () => { shell.keysShown = true } },
  ]
}

/** Outside of fields, which undo what was typed. */
function undoShortcuts(): Shortcut[] {
  const undo = useUndo()
  return [
    { keys: 'ctrl+z', does: 'Undo what you did last', run: () => void undo.undo() },
    { keys: 'ctrl+shift+z', does: 'Do it again', run: () => void undo.redo() },
  ]
}

export function promptShortcuts(): Shortcut[] {
  const generate = useGenerate()
  return [
    { keys: 'alt+arrowup', does: 'Earlier prompt', inFields: true, run: () => { generate.walkHistory(1) } },
    { keys: 'alt+arrowdown', does: 'Later prompt', inFields: true, run: () => { generate.walkHistory(-1) } },
    { keys: 'ctrl+z', does: 'Undo', inFields: true, run: generate.undo },
    { keys: 'ctrl+shift+z', does: 'Redo', inFields: true, run: generate.redo },
    { keys: 'escape', does: 'Leave the field', inFields: true, run: leaveField },
  ]
}

export function pictureShortcuts(): Shortcut[] {
  const opened = (): Image | null => useViewer().openedImage
  return [...viewingShortcuts(), ...starShortcuts(opened), ...handShortcuts(opened), ...undoShortcuts()]
}

export function viewingShortcuts(): Shortcut[] {
  const viewer = useViewer()
  return [
    { keys: 'arrowleft', does: 'Newer picture', run: () => void viewer.step(-1) },
    { keys: 'arrowright', does: 'Older picture', run: () => void viewer.step(1) },
    { keys: 'a', does: 'Reuse everything', run: () => { viewer.reuse('all') } },
    { keys: 's', does: 'Reuse the seed', run: () => { viewer.reuse('seed') } },
    { keys: 'p', does: 'Reuse the prompt', run: () => { viewer.reuse('prompt') } },
    { keys: 'd', does: 'Reuse the size', run: () => { viewer.reuse('size') } },
    { keys: 'c', does: 'Copy the settings', run: () => void viewer.copyParameters() },
    { keys: 't', does: 'Add a tag', run: focusTags },
  ]
}

export function travelShortcuts(): Shortcut[] {
  const travel = useTravel()
  return [
    { keys: 'arrowleft', does: 'One event back', run: () => void travel.step(-1) },
    { keys: 'arrowright', does: 'One event on', run: () => void travel.step(1) },
    { keys: 'escape', does: 'Back to now', run: () => void travel.leave() },
  ]
}

/** Runs what a key press means, and keeps the browser from giving it a meaning of its own. */
export function press(shortcuts: readonly Shortcut[], event: KeyboardEvent): void {
  const shortcut = event.defaultPrevented ? null : meant(shortcuts, event)
  if (!shortcut) return
  event.preventDefault()
  shortcut.run()
}

export function useDeskKeys(): void {
  const shortcuts = deskShortcuts()
  const onKey = (event: KeyboardEvent) => {
    if (!document.querySelector('[role="dialog"][data-state="open"]')) press(shortcuts, event)
  }
  window.addEventListener('keydown', onKey)
  onScopeDispose(() => { window.removeEventListener('keydown', onKey) })
}

export function focusPrompt(): void {
  (document.getElementById('prompt') ?? document.getElementById('timeline-search'))?.focus()
}

function focusTags(): void {
  document.getElementById('new-tag')?.focus()
}

function leaveField(): void {
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
}
