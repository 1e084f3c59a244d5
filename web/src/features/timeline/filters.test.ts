import { expect, it } from 'vitest'
import type { LocationQuery } from 'vue-router'
import { filtersOf, isCountable, isNarrowed, queryOf } from './filters'

it('keeps in the address what narrows, and nothing else', () => {
  const query = { kind: ['image', 'job'], actor: 'user', q: 'red car', from: '2026-05-01' }
  expect(queryOf(filtersOf(query))).toEqual({ ...query, actor: ['user'] })
  expect(queryOf(filtersOf({ event: '7' }))).toEqual({})
  expect([isNarrowed(filtersOf({ q: '  ' })), isNarrowed(filtersOf({ stream: 'queue' }))]).toEqual([false, true])
})

it('takes what a stranger wrote into the address for what it is', () => {
  expect(filtersOf({ kind: [null, ''], q: null, from: ['2026-05-01', 'x'] })).toEqual({
    kinds: [], actors: [], stream: null, from: '2026-05-01', to: null, words: '',
  })
})

it('knows how many there are only of kinds and actors', () => {
  const queries: LocationQuery[] = [{}, { kind: 'image' }, { q: 'a' }, { stream: 's' }, { to: '2026-05-01' }]
  expect(queries.map((query) => isCountable(filtersOf(query)))).toEqual([true, true, false, false, false])
})
