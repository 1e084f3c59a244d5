import { expect, it } from 'vitest'
import { positionOf } from './address'
import { described, fieldValue, sentence } from './moment'

it('says an event’s type as words', () => {
  expect([sentence('ImageTrashed'), sentence('QueuePaused')]).toEqual(['Image trashed', 'Queue paused'])
})

it('says which moment it is, and of how many', () => {
  const moment = { position: 1234, head: 5000, recorded_at: '2026-05-01T10:00:03Z', type: 'ImageTrashed', building: null }
  const { when, where, what } = described(moment)
  expect(when).toMatch(/^on .*2026/)
  expect([where, what]).toEqual([`event ${(1234).toLocaleString()} of ${(5000).toLocaleString()}`, 'Image trashed'])
})

it('has words for the time before the first event', () => {
  const moment = { position: 0, head: 5, recorded_at: null, type: null, building: null }
  expect(described(moment)).toEqual({ when: 'before anything happened', where: 'event 0 of 5', what: '' })
})

it('gives the field for a moment the same moment back', () => {
  const iso = '2026-05-01T10:00:03.000Z'
  expect(new Date(fieldValue(iso)).toISOString()).toBe(iso)
})

it('takes nothing but a position from the address', () => {
  expect(['7', '-1', 'x', '', undefined, ['7', '8'], '9'.repeat(20)].map(positionOf)).toEqual([7, null, null, null, null, null, null])
})
