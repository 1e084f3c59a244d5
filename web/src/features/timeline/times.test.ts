import { expect, it } from 'vitest'
import { ago, dayName } from './times'

const NOW = new Date(2026, 4, 10, 12)
const before = (seconds: number) => ago(new Date(NOW.getTime() - seconds * 1000).toISOString(), NOW.getTime())

it('says how long ago it was', () => {
  expect([0, 59, 60, 3599, 3600, 86_400, 3 * 86_400].map(before)).toEqual([
    'just now', 'just now', '1 minute ago', '59 minutes ago', '1 hour ago', 'yesterday', '3 days ago',
  ])
})

it('gives the time of day after a week', () => { expect(before(8 * 86_400)).toMatch(/^\d\d:\d\d/) })

it('names the days', () => {
  expect(['2026-05-10', '2026-05-09', '2026-05-08'].map((day) => dayName(day, NOW).slice(0, 9))).toEqual(['Today', 'Yesterday', dayName('2026-05-08', NOW).slice(0, 9)])
  expect(dayName('2026-05-08', NOW)).toContain('2026')
})
