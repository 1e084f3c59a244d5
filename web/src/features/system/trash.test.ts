import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { anEvent, fakeDesk } from '../../testing'
import { useAlerts } from '../alerts/store'
import { useTrash } from './trash'

beforeEach(() => { setActivePinia(createPinia()) })

it('follows what comes into the trash once it is looked at, and is asked for before it is emptied', async () => {
  const desk = fakeDesk({ 'GET /api/trash': { count: 2, size: 10 }, 'POST /api/trash/empty': { job: null } })
  vi.stubGlobal('fetch', desk.fetch)
  const store = useTrash()
  store.hear(anEvent('ImageTrashed', 'image-a'))
  expect(desk.asked).toEqual([])
  await store.load()
  store.hear(anEvent('ImageRated', 'image-a'))
  store.hear(anEvent('ImageTrashed', 'image-a'))
  await vi.waitFor(() => { expect(desk.asked).toHaveLength(2) })
  await store.empty(false)
  expect(desk.asked).toContain('POST /api/trash/empty')
  expect(useAlerts().alerts).toEqual([])
})

it('names the backups that still hold the words which were to be forgotten', async () => {
  const forgotten = { events: 3, backups: ['/backups/log.db'] }
  const desk = fakeDesk({ 'GET /api/trash': { count: 0, size: 0 }, 'POST /api/trash/empty': { job: null, forgotten } })
  vi.stubGlobal('fetch', desk.fetch)
  await useTrash().empty(true)
  expect(useAlerts().alerts).toMatchObject([{ level: 'warning', words: '/backups/log.db' }])
})
