import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it, vi } from 'vitest'
import { anEvent } from '../../testing'
import { useProgress } from './progress'

const JPEG = new Blob(['jpeg'])
let revoked: string[]

beforeEach(() => {
  setActivePinia(createPinia())
  revoked = []
  let made = 0
  vi.spyOn(URL, 'createObjectURL').mockImplementation(() => `blob:${++made}`)
  vi.spyOn(URL, 'revokeObjectURL').mockImplementation((url) => { revoked.push(url) })
})

it('gives up a preview’s address only when a later one has taken its place on the screen', () => {
  const store = useProgress()
  for (const generation of ['g', 'g', 'g']) store.show({ generation, picture: JPEG })
  expect([store.preview?.url, revoked]).toEqual(['blob:3', ['blob:1']])
})

it('lets go of the preview when its work has ended, and of no other', () => {
  const store = useProgress()
  store.show({ generation: 'g', picture: JPEG })
  store.hear(anEvent('GenerationCompleted', 'generation-other'))
  expect(store.preview?.url).toBe('blob:1')
  store.hear(anEvent('GenerationCancelled', 'generation-g'))
  expect(store.preview).toBeNull()
})
