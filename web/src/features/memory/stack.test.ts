import { expect, it } from 'vitest'
import type { Job, Sample } from './history'
import { SPAN } from './history'
import { ceiling, placed, ranges, spoken, stacked } from './stack'

const sample = (at: number, image: number, free: number): Sample =>
  ({ at, device: 'cpu', total: 1000, mib: { image, desk: 20, other: 300, free } })
const SAMPLES = [sample(1, 100, 580), sample(3, 150, 530)]

it('puts each owner upon the one before, and draws the topmost first', () => {
  expect(stacked(SAMPLES)).toEqual([[1, 3], [420, 470], [120, 170], [100, 150], [100, 150]])
})

it('reaches to all that there is, or not far beyond what is used', () => {
  expect(ceiling(SAMPLES)).toBe(1.5 * 470)
  expect(ceiling([sample(1, 600, 80)])).toBe(1000)
  expect(ceiling([])).toBe(1)
})

it('says of each owner how little and how much it was', () => {
  expect(ranges(SAMPLES)).toContainEqual({ owner: 'image', least: 100, most: 150, now: 150 })
  expect(ranges([])).toEqual([])
})

it('tells all of it in words', () => {
  expect(spoken(SAMPLES)).toBe(
    'Memory over the last 2.0 s, of 1.0 GB: Image worker 100 MB to 150 MB, now 150 MB; Desk and media 20 MB to 20 MB, now 20 MB; '
    + 'Other programs 300 MB to 300 MB, now 300 MB; Free 530 MB to 580 MB, now 530 MB',
  )
})

const job = (from: number, until: number | null): Job => ({ generation: 'a', words: '', from, until, end: null, took: null })

it.each([
  ['in the middle', job(SPAN / 2, SPAN), { left: 50, width: 50 }],
  ['still at work', job(0.75 * SPAN, null), { left: 75, width: 25 }],
  ['partly out of sight', job(-10, SPAN / 4), { left: 0, width: 25 }],
  ['out of sight', job(-10, -5), null],
  ['of a clock ahead', job(SPAN + 1, null), null],
])('marks a job %s', (_, each, where) => {
  expect(placed(each, SPAN)).toEqual(where)
})
