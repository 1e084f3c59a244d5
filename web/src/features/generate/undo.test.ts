import { describe, expect, it } from 'vitest'
import { changed, redone, undone, unedited } from './undo'

const typedSlowly = (texts: string[]) =>
  texts.reduce((edits, text, index) => changed(edits, text, index * 1000), unedited(''))

describe('undo', () => {
  it('goes back a change at a time, and stops at the first text', () => {
    const edits = typedSlowly(['a', 'a b'])
    expect([undone(edits), undone(undone(edits)), undone(undone(undone(edits)))].map(({ present }) => present)).toEqual(['a', '', ''])
  })

  it('takes what was typed without a pause as one change', () => {
    const edits = ['a', 'ab', 'abc'].reduce((all, text, index) => changed(all, text, index * 100), unedited('before'))
    expect(undone(edits).present).toBe('before')
  })

  it('begins a change of its own after an undo', () => {
    const edits = changed(undone(typedSlowly(['a', 'b'])), 'c', 1001)
    expect(undone(edits).present).toBe('a')
  })
})

describe('redo', () => {
  it('brings back what was undone, in order', () => {
    const back = undone(undone(typedSlowly(['a', 'b'])))
    expect([redone(back).present, redone(redone(back)).present, redone(redone(redone(back))).present]).toEqual(['a', 'b', 'b'])
  })

  it('has nothing left after a new change', () => {
    const edits = changed(undone(typedSlowly(['a', 'b'])), 'c', 5000)
    expect(redone(edits)).toEqual(edits)
  })
})
