import { expect, it } from 'vitest'
import { aMemory, aWorker } from '../../testing'
import { shares } from './memory'

const mib = (found: ReturnType<typeof shares>) => Object.fromEntries(found.map(({ owner, mib }) => [owner, mib]))

it('counts whole processes, the desk’s too, where there is no GPU', () => {
  const workers = [aWorker('image', aMemory({ rss_mb: 900 })), aWorker('media', aMemory({ rss_mb: 60 }))]
  expect(mib(shares(aMemory(), workers, 100))).toEqual({ image: 900, desk: 160, other: 940, free: 6000 })
})

it('counts on a GPU only what was allocated on that one', () => {
  const gpu = aMemory({ device: 'RTX', total_mb: 24_000, free_mb: 14_000 })
  const workers = [
    aWorker('image', aMemory({ device: 'RTX', allocated_mb: 8000, rss_mb: 2000 })),
    aWorker('media', aMemory({ rss_mb: 60 })),
  ]
  expect(mib(shares(gpu, workers, 100))).toEqual({ image: 8000, desk: 0, other: 2000, free: 14_000 })
})

it('never says that others hold less than nothing', () => {
  const workers = [aWorker('image', aMemory({ rss_mb: 3000 })), aWorker('language', null)]
  expect(mib(shares(aMemory(), workers, 0))).toMatchObject({ other: 0 })
})
