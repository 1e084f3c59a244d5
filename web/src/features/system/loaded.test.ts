import { createPinia, setActivePinia } from 'pinia'
import { expect, it, vi } from 'vitest'
import { aHolder, fakeDesk } from '../../testing'
import { heldWords, loadedOf, loadedWords } from './loaded'
import { useSystem } from './store'

it('lists the workers that have a model', () => {
  expect(loadedOf([aHolder(), aHolder({ owner: 'media', preset_id: null })]).map(({ owner }) => owner)).toEqual(['image'])
})

it('names a model, also one whose preset is gone', () => {
  expect([loadedWords(aHolder()), loadedWords(aHolder({ preset: null }))]).toEqual(['Starter', 'The model of the image worker'])
})

it('says what it has, where, and how it was loaded', () => {
  expect(heldWords(aHolder())).toBe('image worker · 80 MB · 60 MB for the worker itself')
  expect(heldWords(aHolder({ owner: 'language', soft_mb: 30, ram_mb: 20, process_mb: 0, mitigations: ['vae_on_cpu'] })))
    .toBe('language worker · 80 MB · of which 30 MB is context · 20 MB in RAM beside it · VAE on the CPU')
})

it('has a worker let its model go, and looks what that changed', async () => {
  setActivePinia(createPinia())
  const desk = fakeDesk({ 'POST /api/system/workers/image/unload': {}, 'GET /api/system': { workers: [], projections: [] } })
  vi.stubGlobal('fetch', desk.fetch)
  const store = useSystem()
  const done = store.unload('image', 'hard')
  expect(store.unloading).toEqual(['image'])
  await done
  expect(store.unloading).toEqual([])
  expect([desk.asked, desk.sent[0]]).toEqual([['POST /api/system/workers/image/unload', 'GET /api/system'], { depth: 'hard' }])
})
