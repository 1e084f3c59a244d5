import { describe, expect, it } from 'vitest'
import { aGeneration, aQueue } from '../../testing'
import { concernsQueue, load, moved } from './order'

const WAITING = ['a', 'b', 'c'].map((id) => aGeneration(id))
const ids = (by: number, id: string) => moved(WAITING, id, by).map((one) => one.id).join('')

describe('moving in the queue', () => {
  it('changes places with its neighbour', () => {
    expect([ids(-1, 'b'), ids(1, 'b')]).toEqual(['bac', 'acb'])
  })

  it('reaches further places, the others keeping their order', () => {
    expect([ids(-2, 'c'), ids(2, 'a')]).toEqual(['cab', 'bca'])
  })

  it.each([['a', -1], ['c', 1], ['gone', 1]])('leaves the order where %s can not move by %i', (id, by) => {
    expect(ids(by, id)).toBe('abc')
  })
})

it('counts what runs and what waits, and not what was interrupted', () => {
  const [one, ...others] = WAITING
  expect(load(aQueue({ running: one ? [one] : [], queued: others, interrupted: WAITING }))).toBe(3)
})

it('is concerned by its own stream and by those of generations', () => {
  expect(['queue', 'generation-1', 'image-1', 'queueing', 'job-1'].map(concernsQueue)).toEqual([true, true, false, false, false])
})
