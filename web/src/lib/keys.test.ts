import { describe, expect, it } from 'vitest'
import { matches, meant } from './keys'
import type { Shortcut } from './keys'

type Press = Parameters<typeof matches>[1]

const press = (key: string, held: Partial<Press> = {}): Press => ({
  key, code: /^[a-z]$/i.test(key) ? `Key${key.toUpperCase()}` : key,
  ctrlKey: false, metaKey: false, altKey: false, shiftKey: false,
  ...held,
})

describe('a key press', () => {
  it.each([
    ['ctrl+enter', press('Enter', { ctrlKey: true }), true],
    ['ctrl+enter', press('Enter', { metaKey: true }), true],
    ['ctrl+enter', press('Enter'), false],
    ['ctrl+enter', press('Enter', { ctrlKey: true, shiftKey: true }), false],
    ['ctrl+shift+enter', press('Enter', { ctrlKey: true, shiftKey: true }), true],
    ['?', press('?', { shiftKey: true }), true],
    ['?', press('?'), true],
    ['s', press('S', { shiftKey: true }), false],
    ['s', press('s', { ctrlKey: true }), false],
    ['alt+x', press('≈', { altKey: true, code: 'KeyX' }), true],
    ['1', press('2'), false],
  ])('means %s: %o is %s', (keys, pressed, expected) => {
    expect(matches(keys, pressed)).toBe(expected)
  })
})

describe('while a field has the focus', () => {
  const shortcuts: Shortcut[] = [
    { keys: 's', does: 'Reuse the seed', run: () => undefined },
    { keys: 'ctrl+enter', does: 'Generate', inFields: true, run: () => undefined },
  ]

  function pressedIn(tag: string, init: KeyboardEventInit): string | undefined {
    const element = document.body.appendChild(document.createElement(tag))
    let found: Shortcut | null = null
    element.addEventListener('keydown', (event) => { found = meant(shortcuts, event) })
    element.dispatchEvent(new KeyboardEvent('keydown', init))
    return (found as Shortcut | null)?.does
  }

  it('letters are typed there, and mean something elsewhere', () => {
    expect([pressedIn('textarea', { key: 's' }), pressedIn('div', { key: 's' })]).toEqual([undefined, 'Reuse the seed'])
  })

  it('what is made for fields works', () => {
    expect(pressedIn('textarea', { key: 'Enter', ctrlKey: true })).toBe('Generate')
  })
})
