import { expect, it } from 'vitest'
import { aDevice, aMemory, aWorker } from '../../testing'
import { shares, unused } from './memory'

const mib = (found: ReturnType<typeof shares>) => Object.fromEntries(found.map(({ owner, mib }) => [owner, mib]))

it('counts whole processes, the desk’s too, where there is no GPU', () => {
  const workers = [aWorker('image', aMemory({ rss_mb: 900 })), aWorker('media', aMemory({ rss_mb: 60 }))]
  expect(mib(shares(aDevice(), workers, 100))).toEqual({ image: 900, desk: 160, other: 940, free: 6000 })
})

it('counts on a GPU only what was allocated on that one', () => {
  const gpu = aDevice({ device: 'RTX', total_mb: 24_000, free_mb: 14_000 })
  const workers = [
    aWorker('image', aMemory({ device: 'RTX', allocated_mb: 8000, rss_mb: 2000 })),
    aWorker('media', aMemory({ rss_mb: 60 })),
  ]
  expect(mib(shares(gpu, workers, 100))).toEqual({ image: 8000, desk: 0, other: 2000, free: 14_000 })
})

it('tells the language worker apart where there is one', () => {
  const workers = [aWorker('image', aMemory({ rss_mb: 900 })), aWorker('language', aMemory({ rss_mb: 600 }))]
  expect(mib(shares(aDevice(), workers, 100))).toEqual({ image: 900, language: 600, desk: 100, other: 400, free: 6000 })
})

it('never says that others hold less than nothing', () => {
  const workers = [aWorker('image', aMemory({ rss_mb: 3000 })), aWorker('language', null)]
  expect(mib(shares(aDevice(), workers, 0))).toMatchObject({ other: 0 })
})

it('tells what is promised apart from what is free', () => {
  const found = shares(aDevice({ committed_mb: 2500 }), [], 0)
  expect(mib(found)).toMatchObject({ committed: 2500, free: 3500 })
  expect(unused(found)).toBe(6000)
  expect(mib(shares(aDevice(), [], 0))).not.toHaveProperty('committed')
})

it('counts on a simulated device only what workers took of it', () => {
  const simulated = aDevice({ simulated: true, total_mb: 6144, free_mb: 1644 })
  expect(mib(shares(simulated, [aWorker('image', aMemory({ allocated_mb: 4500, rss_mb: 40 }))], 100)))
    .toEqual({ image: 4500, desk: 0, other: 0, free: 1644 })
})
