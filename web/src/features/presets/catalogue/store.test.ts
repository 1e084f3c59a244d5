import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import type { CatalogueFile, CatalogueModel } from '../../../api/types'
import { fakeDesk } from '../../../testing'
import { useAlerts } from '../../alerts/store'
import { useCatalogue } from './store'
import { isWhole, verdict } from './words'

function aFile(part: string, state: CatalogueFile['state']): CatalogueFile {
  return { part, name: `${part}/starter.gguf`, size: 1 << 20, sha256: 'ab'.repeat(32), state }
}

function aModel(...states: CatalogueFile['state'][]): CatalogueModel {
  const files = states.map((state, n) => aFile(`part-${n}`, state))
  return { id: 'starter', name: 'Starter', family: 'flux', notes: '', licence: 'MIT', authors: '', source: '', size: 1 << 20, files }
}

const AT = '/api/models/catalogue'

function answers(table: Record<string, unknown>): string[] {
  const desk = fakeDesk({ [`GET ${AT}`]: { items: [aModel('unchecked')], next: null }, ...table })
  vi.stubGlobal('fetch', desk.fetch)
  return desk.asked
}

const told = () => useAlerts().alerts.map(({ level, title, words }) => [level, title, words])

beforeEach(() => { setActivePinia(createPinia()) })

it('shows what a check found, and says so', async () => {
  answers({ [`POST ${AT}/starter/check`]: aModel('damaged') })
  const store = useCatalogue()
  await store.load()
  await store.check(aModel('unchecked'))
  expect(store.models?.[0]?.files[0]?.state).toBe('damaged')
  expect(told()).toEqual([['warning', 'Starter is not whole', 'starter.gguf is damaged.']])
  expect(store.busy).toBeNull()
})

it('restores', async () => {
  answers({ [`POST ${AT}/starter/restore`]: aModel('whole') })
  const store = useCatalogue()
  await store.load()
  await store.restore(aModel('missing'))
  expect(store.models?.map(isWhole)).toEqual([true])
  expect(told()).toEqual([['info', 'Starter is whole again', '1 file, as it came with the desk.']])
})

it('keeps what it knew where the desk refuses', async () => {
  answers({})
  const store = useCatalogue()
  await store.load()
  await store.check(aModel('unchecked'))
  expect([store.models?.[0]?.files[0]?.state, store.busy]).toEqual(['unchecked', null])
  expect(useAlerts().alerts).toHaveLength(1)
})

it('reads the list again once files changed, and not before it was shown', async () => {
  const asked = answers({})
  const store = useCatalogue()
  store.hear()
  expect(asked).toEqual([])
  await store.load()
  store.hear()
  await vi.waitFor(() => { expect(asked).toEqual([`GET ${AT}`, `GET ${AT}`]) })
})

it('opens and closes the text of a licence', async () => {
  answers({ [`GET ${AT}/starter/licence`]: { id: 'MIT', text: 'Permission is hereby granted' } })
  const store = useCatalogue()
  await store.showLicence(aModel('whole'))
  expect(store.licence).toEqual({ id: 'MIT', text: 'Permission is hereby granted', of: 'Starter' })
  store.closeLicence()
  expect(store.licence).toBeNull()
})

it('names each file that is not whole', () => {
  expect(verdict(aModel('missing', 'whole', 'damaged')).words).toBe('starter.gguf is missing, starter.gguf is damaged.')
  expect(verdict(aModel('whole', 'whole'))).toEqual({ level: 'info', title: 'Starter is whole', words: '2 files, as they came with the desk.' })
})
