import { expect, it } from 'vitest'
import { bytes, counted, duration, memory, rate, titled } from './format'

it.each([[0.04, '0.0 s'], [9.94, '9.9 s'], [9.96, '10 s'], [59.4, '59 s'], [60, '1:00'], [125, '2:05']])(
  'says %d seconds as %s', (seconds, words) => { expect(duration(seconds)).toBe(words) },
)

it('never says sixty seconds', () => {
  expect(duration(59.7)).toBe('1:00')
})

it('turns the rate around where a step takes more than a second', () => {
  expect([rate(3.14), rate(0.25)]).toEqual(['3.1 it/s', '4.0 s/it'])
})

it('says sizes in the unit that reads best', () => {
  expect([memory(86), memory(6144), bytes(12), bytes(20_480), bytes(5 << 20)]).toEqual(['86 MB', '6.0 GB', '12 B', '20 KB', '5 MB'])
})

it('counts one thing without an s', () => {
  expect([counted(1, 'step'), counted(2, 'step')]).toEqual(['1 step', '2 steps'])
})

it('says the name of a setting as words', () => {
  expect(titled('thumbnail_side')).toBe('Thumbnail side')
})
