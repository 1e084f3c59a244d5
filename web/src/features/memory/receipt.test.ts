import { describe, expect, it } from 'vitest'
import { aMeasurement, aPlan } from '../../testing'
import { during, instead, isOf, measuredWords, needLines, outcome, percent, plannedLine, roomLines, triedRungs } from './receipt'
import type { Line } from './receipt'

const shown = (lines: Line[]) => lines.map(({ name, size }) => `${name} ${size}`)

describe('the receipt', () => {
  it('says what there is, who has of it, and what is left', () => {
    const plan = aPlan({ device: 'A card', total_mb: 8192, others_mb: 500, room_mb: 4000, available_mb: 7000 })
    expect(shown(roomLines(plan))).toEqual([
      'A card 8.0 GB', 'Other programs −500 MB', 'Held or promised by the desk −3.6 GB', 'May be used 3.9 GB', 'Once made room 6.8 GB',
    ])
  })

  it('leaves out what nobody holds', () => {
    const plan = aPlan({ device: 'cpu', total_mb: 4000, others_mb: 0, room_mb: 4000, available_mb: 4000 })
    expect(shown(roomLines(plan))).toEqual(['RAM (no GPU in use) 3.9 GB', 'May be used 3.9 GB'])
  })

  it('adds up what is needed: weights, the largest buffer, the worker and the margin', () => {
    const plan = aPlan({
      weights_mb: { diffusion: 4000, vae: 100 }, process_mb: 300, safety_mb: 200, context_mb: 0, needed_mb: 5200,
      phases: [{ name: 'decoding', component: 'vae', compute_mb: 600 }, { name: 'sampling', component: 'diffusion', compute_mb: 500 }],
    })
    expect(shown(needLines(plan))).toEqual([
      'Diffusion model 3.9 GB', 'VAE 100 MB', 'Computing: Decoding 600 MB', 'Steps, at another time 500 MB',
      'Worker 300 MB', 'Margin, stays unused 200 MB', 'Needed 5.1 GB',
    ])
  })

  it('says what the preset’s own settings save', () => {
    const plan = aPlan({ weights_mb: { diffusion: 1000 }, phases: [], process_mb: 0, safety_mb: 0, context_mb: 0, needed_mb: 400 })
    expect(shown(needLines(plan))).toContain('Saved by the preset’s settings −600 MB')
  })
})

it('makes up for the margin, which is wider where all buffers are on the device', () => {
  const plan = aPlan({ weights_mb: { diffusion: 1000 }, phases: [], process_mb: 0, safety_mb: 100, context_mb: 0, needed_mb: 1400 })
  expect(shown(needLines(plan))).toContain('Wider margin, before anything gave +300 MB')
})

it('names each rung that was tried with what it saves and costs', () => {
  const step = { rung: 'hard_unload', owner: 'language', verdict: 'taken', saving_mb: 3000, saving_ram_mb: 0, cost_seconds: 4 }
  expect(triedRungs([step, { ...step, rung: 'vae_on_cpu', owner: '', verdict: 'no_ram', saving_mb: 160, saving_ram_mb: -160, cost_seconds: 0 }])).toEqual([
    { name: 'Unload the language model', verdict: 'Done', taken: true, saving: '2.9 GB', cost: '4.0 s' },
    { name: 'VAE on the CPU', verdict: 'No RAM left for it', taken: false, saving: '160 MB (RAM +160 MB)', cost: 'none' },
  ])
})

it.each([
  [aPlan({ fits: true, planned_mb: 512, available_mb: 700 }), 'Fits: 512 MB of 700 MB', ''],
  [aPlan({ fits: false, short_mb: 300, would_fit: '512 × 512' }), 'Does not fit: 300 MB short', '512 × 512 would fit.'],
  [aPlan({ fits: false, short_ram_mb: 200 }), 'Does not fit: 200 MB of RAM short', 'Nothing smaller would fit either as things are.'],
])('ends in what came of it: %#', (plan, words, other) => {
  expect([outcome(plan), instead(plan)]).toEqual([words, other])
})

it('says what is needed once the rungs are taken', () => {
  expect(shown([plannedLine(aPlan({ planned_mb: 512 }))])).toEqual(['Then needed 512 MB'])
  expect(shown([plannedLine(aPlan({ planned_mb: 512, planned_ram_mb: 90 }))])).toEqual(['Then needed 512 MB and 90 MB of RAM'])
})

it.each([[0.0951, '+9.5 %'], [-0.45, '−45.0 %'], [-0.0001, '0.0 %'], [0, '0.0 %']])('writes %d as %s', (error, words) => {
  expect(percent(error)).toBe(words)
})

it('holds what was predicted against what was measured', () => {
  expect(measuredWords(aMeasurement({ predicted_mb: 500, measured_mb: 400, error: 0.25 }))).toBe('Predicted 500 MB, measured 400 MB: +25.0 %')
})

it('gives each attempt the pictures that were made by it, the newest first', () => {
  const plans = [aPlan({ position: 1 }), aPlan({ position: 4 })]
  const measured = [aMeasurement({ position: 2 }), aMeasurement({ position: 5 }), aMeasurement({ position: 6 })]
  expect(during({ plans, measured }).map((each) => [each.number, each.plan.position, each.measured.map(({ position }) => position)])).toEqual([
    [2, 4, [5, 6]], [1, 1, [2]],
  ])
  expect(during({ plans, measured }).filter((each) => isOf(each, 6)).map(({ number }) => number)).toEqual([2])
  expect(during({ plans, measured }).filter((each) => isOf(each, 1)).map(({ number }) => number)).toEqual([1])
})
