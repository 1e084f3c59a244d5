import { expect, it } from 'vitest'
import { anEntry } from '../../testing'
import { DAY_HEIGHT, ENTRY_HEIGHT, heightOf, LARGEST_SPACE, rowsOf, spaceFor, within } from './geometry'

const on = (position: number, day: string) => anEntry('ImageRated', { position, day })
const ENTRIES = [on(9, '2026-05-02'), on(8, '2026-05-02'), on(7, '2026-05-01')]

it('puts entries under the heads of their days, without a gap', () => {
  const rows = rowsOf(ENTRIES, 100)
  expect(rows.map(({ kind }) => kind)).toEqual(['day', 'entry', 'entry', 'day', 'entry'])
  expect(rows[0]?.top).toBe(100)
  for (const [index, row] of rows.slice(1).entries()) expect(row.top).toBe((rows[index]?.top ?? 0) + (rows[index]?.height ?? 0))
})

it('knows how high they are before they are laid out', () => {
  expect(heightOf(ENTRIES)).toBe(3 * ENTRY_HEIGHT + 2 * DAY_HEIGHT)
  const last = rowsOf(ENTRIES, 0).at(-1)
  expect((last?.top ?? 0) + ENTRY_HEIGHT).toBe(heightOf(ENTRIES))
})

it('draws only the rows that are in sight, also those that are so in part', () => {
  const many = rowsOf(Array.from({ length: 1000 }, (_, n) => on(1000 - n, '2026-05-01')), 0)
  const drawn = within(many, 10_000, 10_900)
  expect(drawn.length).toBeLessThan(20)
  expect(drawn[0]?.top).toBeLessThanOrEqual(10_000)
  expect((drawn.at(-1)?.top ?? 0) + ENTRY_HEIGHT).toBeGreaterThanOrEqual(10_900)
  expect([within(many, -500, -1), within(many, 1e6, 2e6), within([], 0, 10)]).toEqual([[], [], []])
})

it('gives a whole history the room that it would take, up to what a browser can scroll', () => {
  expect(spaceFor(30, ENTRIES)).toBe(10 * heightOf(ENTRIES))
  expect(spaceFor(1_000_000, ENTRIES)).toBe(LARGEST_SPACE)
})

it('needs less room where one entry stands for many events', () => {
  const bulk = anEntry('ImageTrashed', { group: { first: 1, last: 50, types: { ImageTrashed: 50 } } })
  expect(spaceFor(500, [bulk])).toBe(10 * heightOf([bulk]))
})
