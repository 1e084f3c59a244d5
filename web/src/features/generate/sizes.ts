/** The rules of a picture's size, in pixels. */

export interface Limits {
  least: number
  most: number
  multiple: number
}

interface Sides {
  width: number
  height: number
}

/** `ratio` is the width over the height that was meant; snapping moves the sides a little off it. */
export interface Size extends Sides {
  ratio: number
}

export interface Ratio {
  name: string
  value: number
}

export const RATIOS: readonly Ratio[] = [
  '1:1', '5:4', '4:3', '3:2', '16:9', '21:9', '4:5', '3:4', '2:3', '9:16',
].map((name) => {
  const [across = 1, down = 1] = name.split(':').map(Number)
  return { name, value: across / down }
})

export function snap(pixels: number, { least, most, multiple }: Limits): number {
  const lowest = Math.ceil(least / multiple) * multiple
  const highest = Math.floor(most / multiple) * multiple
  return Math.min(highest, Math.max(lowest, Math.round(pixels / multiple) * multiple))
}

/** The length of a square's side that has as many pixels. */
export function sideOf({ width, height }: Sides): number {
  return Math.sqrt(width * height)
}

/** Of the sizes around the exact one, the nearest in ratio and in number of pixels. */
export function fitted(ratio: number, side: number, limits: Limits): Size {
  const heights = around(side / Math.sqrt(ratio), limits)
  const candidates = around(side * Math.sqrt(ratio), limits).flatMap((width) => heights.map((height) => ({ width, height })))
  const miss = (sides: Sides) =>
    Math.abs(Math.log(sides.width / sides.height / ratio)) + Math.abs(Math.log(sideOf(sides) / side))
  return { ...candidates.reduce((best, one) => (miss(one) < miss(best) ? one : best)), ratio }
}

function around(pixels: number, limits: Limits): number[] {
  const below = Math.floor(pixels / limits.multiple) * limits.multiple
  return [snap(below, limits), snap(below + limits.multiple, limits)]
}

/** Sides that were typed, or another picture's. They stand for a named ratio where that, snapped, gives these very sides. */
export function sizeOf(width: number, height: number, limits: Limits): Size {
  const sides = { width: snap(width, limits), height: snap(height, limits) }
  const named = RATIOS.map(({ value }) => fitted(value, sideOf(sides), limits))
  return named.find((size) => same(size, sides)) ?? { ...sides, ratio: sides.width / sides.height }
}

function same(one: Sides, other: Sides): boolean {
  return one.width === other.width && one.height === other.height
}

/** The same number of pixels, as near as the limits allow, in another shape. */
export function withRatio(size: Size, ratio: number, limits: Limits): Size {
  return fitted(ratio, sideOf(size), limits)
}

/** The sizes that the slider offers in one ratio, smallest first: finer where pictures are small. */
export function stops(ratio: number, limits: Limits): Size[] {
  const stretch = Math.sqrt(Math.max(ratio, 1 / ratio))
  const found: Size[] = []
  for (const side of sides(snap(0, limits) * stretch, snap(Infinity, limits) / stretch, limits.multiple)) {
    const size = fitted(ratio, side, limits)
    const last = found.at(-1)
    if (!last || sideOf(size) > sideOf(last)) found.push(size)
  }
  return found
}

const STEPS_A_DOUBLING = 8

function* sides(from: number, to: number, least: number): Generator<number> {
  for (let side = from; side < to; side += Math.max(least, 2 ** Math.floor(Math.log2(side)) / STEPS_A_DOUBLING)) yield side
  yield to
}

export function nearestStop(offered: readonly Size[], size: Size): number {
  const miss = (at: number) => Math.abs(sideOf(offered[at] ?? size) - sideOf(size))
  return offered.reduce((best, _, at) => (miss(at) < miss(best) ? at : best), 0)
}

/** A size from elsewhere, moved into these limits. */
export function resnapped(size: Size, limits: Limits): Size {
  return { ...size, width: snap(size.width, limits), height: snap(size.height, limits) }
}

export function swapped({ width, height, ratio }: Size): Size {
  return { width: height, height: width, ratio: 1 / ratio }
}

/** The name of the ratio that was meant, or null where it is a custom one. */
export function ratioName({ ratio }: Size): string | null {
  return RATIOS.find(({ value }) => Math.abs(Math.log(ratio / value)) < 0.005)?.name ?? null
}

/** A custom ratio in words: `7:4` where that is short, else `1.83:1`. */
export function customRatio({ width, height }: Size): string {
  const divisor = greatestCommonDivisor(width, height)
  const [across, down] = [width / divisor, height / divisor]
  if (across <= 32 && down <= 32) return `${across}:${down}`
  return width >= height ? `${(width / height).toFixed(2)}:1` : `1:${(height / width).toFixed(2)}`
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}
