import { expect, it } from 'vitest'
import { afterLoss, backoff } from './link'

it('counts the tries since the link was last open', () => {
  const first = afterLoss({ kind: 'open' })
  expect([first.attempt, afterLoss(first).attempt, afterLoss(afterLoss(first)).attempt]).toEqual([0, 1, 2])
})

it('waits twice as long each time, up to eight seconds', () => {
  expect([0, 1, 2, 20].map((attempt) => backoff(attempt, 1))).toEqual([250, 500, 1000, 8000])
})

it('is spread over half of the wait, and never at once', () => {
  expect([backoff(3, 0), backoff(3, 1)]).toEqual([1000, 2000])
})
