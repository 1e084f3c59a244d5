import { afterEach, expect, it, vi } from 'vitest'
import { fakeDesk } from '../testing'
import { desk } from './desk'
import { isRefused, placed, readAsOf } from './moment'

afterEach(() => { readAsOf(null) })

it('reads the desk of now where it is', () => {
  expect([placed('/api/images'), isRefused('POST', '/api/queue/pause')]).toEqual(['/api/images', false])
})

it('reads what has a past as of the position, and all else as it is now', () => {
  readAsOf(7)
  const paths = ['/api/images', '/api/images/a', '/api/presets/image', '/api/system', '/api/imagesque', '/api/as-of/3']
  expect(paths.map(placed)).toEqual([
    '/api/as-of/7/images', '/api/as-of/7/images/a', '/api/as-of/7/presets/image', '/api/system', '/api/imagesque', '/api/as-of/3',
  ])
})

it('refuses to change anything there, but for bringing it back', () => {
  readAsOf(7)
  const paths = ['/api/queue/pause', '/api/as-of/7/restore', '/api/session', '/api/system/workers/image/restart']
  expect(paths.map((path) => isRefused('POST', path))).toEqual([true, false, false, false])
})

it('does so before the desk is asked', async () => {
  const { fetch, asked } = fakeDesk({ 'GET /api/as-of/7/queue': {} })
  vi.stubGlobal('fetch', fetch)
  readAsOf(7)
  await desk.queue()
  await expect(desk.pause()).rejects.toMatchObject({ problem: { code: 'read_only_past' } })
  expect(asked).toEqual(['GET /api/as-of/7/queue'])
})
