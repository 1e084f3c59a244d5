import { describe, expect, it } from 'vitest'
import { customRatio, longEdge, ratioName, RATIOS, sizeOf, snap, swapped, withLongEdge, withRatio } from './sizes'

const LIMITS = { least: 64, most: 4096, multiple: 64 }

describe('snapping', () => {
  it('goes to the nearest multiple', () => {
    expect([500, 545, 1000].map((pixels) => snap(pixels, LIMITS))).toEqual([512, 576, 1024])
  })

  it('stays on multiples inside the limits, even where the limits are none', () => {
    const limits = { least: 100, most: 1000, multiple: 64 }
    expect([snap(1, limits), snap(99_999, limits)]).toEqual([128, 960])
  })
})

describe('ratios', () => {
  it('are ten, each known by its name', () => {
    expect(RATIOS.map(({ value }) => ratioName({ width: 1, height: 1, ratio: value }))).toEqual(RATIOS.map(({ name }) => name))
    expect(RATIOS).toHaveLength(10)
  })

  it.each(RATIOS)('$name keeps the number of pixels as far as snapping allows', ({ value }) => {
    const size = withRatio({ width: 1024, height: 1024, ratio: 1 }, value, LIMITS)
    expect(size.width * size.height / 1024 ** 2).toBeCloseTo(1, 0)
    expect(Math.abs(size.width / size.height / value - 1)).toBeLessThan(0.1)
    expect([size.width % 64, size.height % 64]).toEqual([0, 0])
  })

  it('survive a walk of the size slider, though each stop is snapped', () => {
    const wide = withRatio({ width: 512, height: 512, ratio: 1 }, 16 / 9, LIMITS)
    const walked = [700, 333, 4096, 64, 1024].reduce((size, edge) => withLongEdge(edge, size.ratio, LIMITS), wide)
    expect(ratioName(walked)).toBe('16:9')
    expect(longEdge(walked)).toBe(1024)
  })

  it('are custom where the sides were typed, and say what they are', () => {
    const typed = sizeOf(896, 512, LIMITS)
    expect([ratioName(typed), customRatio(typed)]).toEqual([null, '7:4'])
    expect(customRatio(sizeOf(2752, 1536, { ...LIMITS, multiple: 8 }))).toBe('1.79:1')
    expect(customRatio({ width: 1536, height: 2752, ratio: 1 })).toBe('1:1.79')
  })

  it('are turned around by a swap, and a second swap turns them back', () => {
    const wide = withRatio({ width: 1024, height: 1024, ratio: 1 }, 3 / 2, LIMITS)
    expect(ratioName(swapped(wide))).toBe('2:3')
    expect(swapped(swapped(wide))).toEqual(wide)
  })
})
