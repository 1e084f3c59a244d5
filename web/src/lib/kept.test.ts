import { beforeEach, expect, it } from 'vitest'
import { kept } from './kept'

const number = (stored: unknown) => (typeof stored === 'number' ? stored : 5)

beforeEach(() => { localStorage.clear() })

it('outlives a reload', () => {
  kept('n', number).value = 9
  expect(kept('n', number).value).toBe(9)
})

it.each(['not json', '"text"', ''])('starts anew where %j is stored', (stored) => {
  localStorage.setItem('n', stored)
  expect(kept('n', number).value).toBe(5)
})

it('keeps changes deep inside', () => {
  const list = (stored: unknown) => (Array.isArray(stored) ? (stored as number[]) : [])
  kept('l', list).value.push(1)
  expect(kept('l', list).value).toEqual([1])
})
