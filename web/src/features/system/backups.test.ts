import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { anEvent, fakeDesk, refusal } from '../../testing'
import { useAlerts } from '../alerts/store'
import { useBackups } from './backups'

const BACKUP = { name: 'log-at-7.db', folder: '/b', position: 7, hash: 'ab', made_at: '2026-05-01T10:00:00Z', program: '1', size: 9 }

beforeEach(() => { setActivePinia(createPinia()) })

function meet(answers: Record<string, unknown>) {
  const met = fakeDesk(answers)
  vi.stubGlobal('fetch', met.fetch)
  return { ...met, store: useBackups() }
}

describe('backups', () => {
  it('are being made until their job ends, however it does', async () => {
    const { store } = meet({ 'POST /api/backups': { id: 'j' } })
    await store.make()
    store.hear(anEvent('JobCompleted', 'job-other'))
    expect(store.job).toBe('j')
    store.hear(anEvent('JobFailed', 'job-j'))
    expect(store.job).toBe(null)
  })

  it('are read again when one was made, by whomever', async () => {
    const { store, asked } = meet({ 'GET /api/backups': { items: [BACKUP], next: null } })
    store.hear(anEvent('BackupMade', 'backup'))
    expect(asked).toEqual([])
    await store.load()
    expect(store.newest?.position).toBe(7)
    store.hear(anEvent('BackupMade', 'backup'))
    expect(asked.length).toBe(2)
  })

  it('that are refused are not waited for', async () => {
    const { store } = meet({ 'POST /api/backups': refusal(422, 'bad_backup_dir') })
    await store.make()
    expect(store.job).toBe(null)
    expect(useAlerts().alerts[0]?.code).toBe('bad_backup_dir')
  })
})
