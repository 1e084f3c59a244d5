/** The rules of a picture's size, in pixels. */

export interface Limits {
  least: number
  most: number
  multiple: number
}

/** `ratio` is the width over the height that was meant; snapping moves the sides a little off it. */
export interface Size {
  width: number
  height: number
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

export function sizeOf(width: number, height: number, limits: Limits): Size {
  const snapped = { width: snap(width, limits), height: snap(height, limits) }
  return { ...snapped, ratio: snapped.width / snapped.height }
}

/** The size with this longer edge and this ratio; the shorter edge never leaves the limits. */
export function withLongEdge(edge: number, ratio: number, limits: Limits): Size {
  const long = snap(edge, limits)
  const short = snap(ratio >= 1 ? long / ratio : long * ratio, limits)
  return ratio >= 1 ? { width: long, height: short, ratio } : { width: short, height: long, ratio }
}

/** The same number of pixels, as near as the limits allow, in another shape. */
export function withRatio(size: Size, ratio: number, limits: Limits): Size {
  const area = size.width * size.height
  return withLongEdge(Math.sqrt(area * Math.max(ratio, 1 / ratio)), ratio, limits)
}

/** A size from elsewhere, moved into these limits. */
export function resnapped(size: Size, limits: Limits): Size {
  return { ...size, width: snap(size.width, limits), height: snap(size.height, limits) }
}

export function swapped({ width, height, ratio }: Size): Size {
  return { width: height, height: width, ratio: 1 / ratio }
}

export function longEdge({ width, height }: Size): number {
  return Math.max(width, height)
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
