import { createPinia, setActivePinia } from 'pinia'
import { expect, it } from 'vitest'
import { SCREENS } from './screens'
import { deskShortcuts, pictureShortcuts, promptShortcuts } from './shortcuts'

it('gives every key one meaning where it works', () => {
  setActivePinia(createPinia())
  const inThePrompt = [...deskShortcuts().filter(({ inFields }) => inFields), ...promptShortcuts()]
  for (const inOnePlace of [deskShortcuts(), inThePrompt, pictureShortcuts()]) {
    const keys = inOnePlace.map((shortcut) => shortcut.keys)
    expect(new Set(keys).size).toBe(keys.length)
  }
})

it('has a key for each screen', () => {
  setActivePinia(createPinia())
  const keys = deskShortcuts().map((shortcut) => shortcut.keys)
  expect(keys).toEqual(expect.arrayContaining(SCREENS.map(({ key }) => key)))
})
