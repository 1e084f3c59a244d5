import { expect, it } from 'vitest'
import { dayOf, newerThan, positionAt, total } from './days'

const DAYS = [
  { day: '2026-05-03', last: 100, count: 50 }, { day: '2026-05-02', last: 50, count: 20 }, { day: '2026-05-01', last: 10, count: 10 },
]

it('leads from a share of the history to a position, and back', () => {
  expect(total(DAYS)).toBe(80)
  for (const newer of [0, 10, 25, 50, 60, 70, 79]) expect(Math.abs(newerThan(DAYS, positionAt(DAYS, newer)) - newer)).toBeLessThan(1.1)
})

it('begins with the newest and ends with the first', () => {
  expect([positionAt(DAYS, 0), positionAt(DAYS, 80), positionAt([], 5)]).toEqual([100, 1, 1])
  expect([newerThan(DAYS, 120), newerThan(DAYS, 0)]).toEqual([0, 80])
})

it('knows the day of a position', () => {
  expect([100, 51, 50, 11, 10, 1].map((at) => dayOf(DAYS, at)?.slice(-1))).toEqual(['3', '3', '2', '2', '1', '1'])
})
