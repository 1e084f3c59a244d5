import { expect, it } from 'vitest'
import { coalesced } from './coalesced'

/** An action whose runs end when they are told to. */
function slow() {
  const ends: (() => void)[] = []
  const run = coalesced(() => new Promise((end) => { ends.push(end) }))
  return { run, ends }
}

it('runs once more, however often it was asked meanwhile', async () => {
  const { run, ends } = slow()
  const all = Promise.all([run(), run(), run()])
  ends[0]?.()
  await Promise.resolve()
  await Promise.resolve()
  expect(ends).toHaveLength(2)
  ends[1]?.()
  await all
  expect(ends).toHaveLength(2)
})

it('runs anew when it is asked after the end', async () => {
  const { run, ends } = slow()
  const first = run()
  ends[0]?.()
  await first
  void run()
  expect(ends).toHaveLength(2)
})

it('can be asked again after a failure', async () => {
  let runs = 0
  const run = coalesced(() => (++runs === 1 ? Promise.reject(new Error('away')) : Promise.resolve()))
  await expect(run()).rejects.toThrow('away')
  await run()
  expect(runs).toBe(2)
})

it.each([0, 1, 2, 3, 4])('forgets nobody who asks about when it ends: %d turns later', async (turns) => {
  let runs = 0
  const run = coalesced(() => { runs += 1; return Promise.resolve() })
  void run()
  for (let turn = 0; turn < turns; turn += 1) await Promise.resolve()
  const before = runs
  await run()
  expect(runs).toBe(before + 1)
})
