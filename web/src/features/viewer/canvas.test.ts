import { describe, expect, it } from 'vitest'
import type { LiveProgress } from '../../api/types'
import { aGeneration, anImage, aRecipe } from '../../testing'
import { canvasOf, fraction, pictureOf, secondsLeft } from './canvas'
import type { Seen } from './canvas'

const LAST = anImage('last')
const RUNNING = aGeneration('g', { recipe: aRecipe({ width: 256, height: 64 }) })
const PREVIEW = { generation: 'g', url: 'blob:1' }

const seen = (named: Partial<Seen>): Seen => ({ images: [], running: [], progress: null, preview: null, ...named })
const shown = (named: Partial<Seen>) => pictureOf(canvasOf(seen(named)))

function at(named: Partial<LiveProgress>): LiveProgress {
  return {
    type: 'progress', generation: 'g', phase: 'sampling', step: 4, steps: 16, image: 1, batch: 1,
    steps_per_second: 2, elapsed_seconds: 2, remaining_seconds: 6,
    ...named,
  }
}

describe('the canvas', () => {
  it('tells a list not yet read from an empty one', () => {
    expect([canvasOf(seen({ images: null })).kind, canvasOf(seen({})).kind]).toEqual(['loading', 'empty'])
  })

  it('shows the latest picture while nothing runs', () => {
    expect(shown({ images: [LAST, anImage('older')] })).toMatchObject({ id: 'last', faded: false })
  })

  it('keeps the last picture until there is a preview', () => {
    expect(shown({ images: [LAST], running: [RUNNING] })).toMatchObject({ id: 'last', faded: true })
    expect(shown({ images: [LAST], running: [RUNNING], preview: PREVIEW })).toMatchObject({ src: 'blob:1', faded: false })
  })

  it('gives a preview the shape of the picture that it will be', () => {
    expect(shown({ running: [RUNNING], preview: PREVIEW })).toMatchObject({ width: 256, height: 64 })
  })

  it('heeds neither preview nor progress of other work', () => {
    const canvas = canvasOf(seen({ running: [RUNNING], preview: { generation: 'x', url: 'blob:2' }, progress: at({ generation: 'x' }) }))
    expect(canvas).toMatchObject({ kind: 'working', preview: null, progress: null })
  })
})

describe('how much is done', () => {
  it.each([
    ['before the first step is unknown', at({ phase: 'encoding' }), null],
    ['follows the steps', at({}), 0.25],
    ['counts the pictures of a batch', at({ image: 2, batch: 4, step: 8 }), 0.375],
    ['stands still while a later picture’s prompt is read', at({ phase: 'encoding', image: 2, batch: 4, step: 0 }), 0.25],
    ['is all of a picture while it is decoded', at({ phase: 'decoding', step: 0 }), 1],
    ['is unknown where there are no steps', at({ steps: 0 }), null],
  ])('%s', (_, progress, expected) => {
    expect(fraction(progress)).toBe(expected)
  })
})

describe('the time that is left', () => {
  it.each([
    ['is that of the picture', at({}), 6],
    ['counts the pictures of a batch that are still to come', at({ image: 2, batch: 4 }), 22],
    ['is unknown until a step was timed', at({ batch: 4, remaining_seconds: null }), null],
  ])('%s', (_, progress, expected) => {
    expect(secondsLeft(progress)).toBe(expected)
  })
})
