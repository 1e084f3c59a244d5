import { expect, it } from 'vitest'
import { differences } from './diff'

it('names every leaf, and what became of it', () => {
  const found = differences({ rating: 0, tags: ['sea'], added: { seed: 7 } }, { rating: 4, tags: ['sea', 'red'], added: { seed: 7 } })
  expect(found).toEqual([
    { path: 'rating', before: '0', after: '4' },
    { path: 'tags[0]', before: '"sea"', after: '"sea"' },
    { path: 'added.seed', before: '7', after: '7' },
    { path: 'tags[1]', before: null, after: '"red"' },
  ])
})

it('says of what was nothing only what it has become', () => {
  expect(differences({ added: null }, { added: { seed: 7, tags: [] } })).toEqual([
    { path: 'added.seed', before: null, after: '7' }, { path: 'added.tags', before: null, after: '[]' },
  ])
})

it('shows what became nothing', () => {
  expect(differences({ pid: 4 }, { pid: null })).toEqual([{ path: 'pid', before: '4', after: 'null' }])
})
