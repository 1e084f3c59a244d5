import { describe, expect, it } from 'vitest'
import { remembered, used, walk } from './history'
import type { History } from './history'

/** The prompts shown on a walk that begins with `typed` in the field. */
function walked(past: readonly string[], typed: string, ...steps: (1 | -1)[]): string[] {
  let history: History = remembered(past)
  let prompt = typed
  return steps.map((step) => {
    const next = walk(history, prompt, step)
    history = next
    prompt = next.prompt
    return prompt
  })
}

describe('the walk through used prompts', () => {
  it('goes back to the oldest and stays there', () => {
    expect(walked(['new', 'old'], '', 1, 1, 1)).toEqual(['new', 'old', 'old'])
  })

  it('gives back what was being typed', () => {
    expect(walked(['new', 'old'], 'half a thou', 1, 1, -1, -1, -1)).toEqual(['new', 'old', 'new', 'half a thou', 'half a thou'])
  })

  it('passes over the prompt that stands in the field already', () => {
    expect(walked(['new', 'old'], 'new', 1)).toEqual(['old'])
  })

  it('has nowhere to go where nothing was used', () => {
    expect(walked([], 'mine', 1, -1)).toEqual(['mine', 'mine'])
  })
})

describe('a used prompt', () => {
  it('is the newest, once', () => {
    expect(used(remembered(['b', 'a']), 'a').past).toEqual(['a', 'b'])
  })

  it('pushes out the oldest of a hundred', () => {
    const past = Array.from({ length: 100 }, (_, n) => `prompt ${n}`)
    const { past: now } = used(remembered(past), 'one more')
    expect([now.length, now[0], now.at(-1)]).toEqual([100, 'one more', 'prompt 98'])
  })
})
