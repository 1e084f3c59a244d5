import { createPinia, setActivePinia } from 'pinia'
import { beforeEach, expect, it } from 'vitest'
import type { LiveLoading } from '../../api/types'
import { useLoading } from './loading'

const told = (preset: string, part: number, over = false): LiveLoading => ({ type: 'loading', worker: 'image', preset, part, over })

beforeEach(() => { setActivePinia(createPinia()) })

it('shows how far a load is until it is over', () => {
  const store = useLoading()
  store.hear(told('a', 0))
  store.hear(told('a', 0.5))
  expect(store.image).toEqual({ preset: 'a', part: 0.5 })
  store.hear(told('a', 1, true))
  expect(store.image).toBeNull()
})

it('shows the one that was asked for last', () => {
  const store = useLoading()
  store.hear(told('a', 0.5))
  store.hear(told('b', 0))
  store.hear(told('a', 1, true))
  expect(store.image?.preset).toBe('b')
})

it('keeps workers apart, and forgets all where nothing was heard for a while', () => {
  const store = useLoading()
  store.hear(told('a', 0.5))
  store.hear({ ...told('talker', 0.1), worker: 'language' })
  store.hear({ ...told('talker', 1, true), worker: 'language' })
  expect(Object.keys(store.loading)).toEqual(['image'])
  store.forget()
  expect(store.image).toBeNull()
})
