import { describe, expect, it } from 'vitest'
import { customRatio, nearestStop, ratioName, RATIOS, sideOf, sizeOf, snap, stops, swapped, withRatio } from './sizes'

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

  it('are known again in a picture’s size, though snapping moved its sides off them', () => {
    const limits = { ...LIMITS, multiple: 16 }
    for (const { name, value } of RATIOS) {
      const { width, height } = withRatio({ width: 1024, height: 1024, ratio: 1 }, value, limits)
      expect(ratioName(sizeOf(width, height, limits))).toBe(name)
    }
  })

  it('are custom where the sides were typed, and say what they are', () => {
    const typed = sizeOf(896, 512, { ...LIMITS, multiple: 8 })
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

describe('the size slider', () => {
  it.each([1, 16 / 9, 9 / 16, 1.83])('offers sizes of ratio %d that grow from stop to stop, within the limits', (ratio) => {
    const offered = stops(ratio, LIMITS)
    const all = offered.map(sideOf)
    expect(all).toEqual([...new Set(all)].sort((a, b) => a - b))
    for (const { width, height } of offered) {
      expect([width, height].every((side) => side >= 64 && side <= 4096 && side % 64 === 0)).toBe(true)
    }
  })

  it('reaches from the smallest to the largest size', () => {
    const offered = stops(1, LIMITS)
    expect([offered[0]?.width, offered.at(-1)?.width]).toEqual([64, 4096])
  })

  it('stands at each stop where it was put, so that a key always moves it', () => {
    const offered = stops(3 / 2, LIMITS)
    expect(offered.map((size) => nearestStop(offered, size))).toEqual(offered.map((_, at) => at))
  })

  it('has about as many stops from 512 to 1024 as from 1024 to 2048', () => {
    const between = (least: number, most: number) =>
      stops(1, { ...LIMITS, multiple: 8 }).filter(({ width }) => width >= least && width < most).length
    expect([between(512, 1024), between(1024, 2048), between(2048, 4096)]).toEqual([8, 8, 8])
  })

  it('keeps the ratio that was meant', () => {
    for (const size of stops(16 / 9, LIMITS)) expect(ratioName(size)).toBe('16:9')
  })

  it('stands at the nearest stop for a size that was typed', () => {
    const offered = stops(1, LIMITS)
    expect(offered[nearestStop(offered, { width: 1088, height: 1088, ratio: 1 })]?.width).toBeGreaterThanOrEqual(1024)
  })
})
