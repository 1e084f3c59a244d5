import { expect, it } from 'vitest'
import { anImage } from '../../testing'
import { imageOf, merged, neighbour } from './pictures'

const at = (id: string, second: number) => anImage(id, { made_at: `2026-05-01T10:00:0${second}Z` })
const KNOWN = [at('c', 3), at('b', 2), at('a', 1)]

it('keeps pictures newest first, wherever they arrive', () => {
  expect(merged(KNOWN, [at('d', 4), at('0', 0)]).map(({ id }) => id)).toEqual(['d', 'c', 'b', 'a', '0'])
})

it('renews a known picture instead of showing it twice', () => {
  const found = merged(KNOWN, [{ ...at('b', 2), thumbnail: '/t' }])
  expect(found.map(({ id, thumbnail }) => [id, thumbnail])).toEqual([['c', null], ['b', '/t'], ['a', null]])
})

it('orders pictures of one moment by their id', () => {
  expect(merged([at('x', 1)], [at('y', 1)]).map(({ id }) => id)).toEqual(['y', 'x'])
})

it('finds the older and the newer neighbour, and none past the ends', () => {
  expect([neighbour(KNOWN, 'b', 1)?.id, neighbour(KNOWN, 'b', -1)?.id]).toEqual(['a', 'c'])
  expect([neighbour(KNOWN, 'a', 1), neighbour(KNOWN, 'c', -1), neighbour(KNOWN, 'gone', 1)]).toEqual([null, null, null])
})

it('knows the picture that a stream tells of', () => {
  expect([imageOf('image-12'), imageOf('generation-12')]).toEqual(['12', null])
})
