/** Every call that the page makes, one line each. */
import { bytes, get, post, put } from './client'
import type { GenerationRequest } from './types'

const IMAGES_A_PAGE = 60

export const desk = {
  session: () => get('/api/session'),
  signIn: (code: string) => post('/api/session', { code }),

  generate: (request: GenerationRequest) => post('/api/generations', request),
  cancel: (id: string) => post(`/api/generations/${id}/cancel`),
  retry: (id: string) => post(`/api/generations/${id}/retry`),
  toFront: (id: string) => post(`/api/generations/${id}/front`),

  queue: () => get('/api/queue'),
  pause: () => post('/api/queue/pause'),
  resume: () => post('/api/queue/resume'),
  clear: () => post('/api/queue/clear'),
  reorder: (generations: string[]) => post('/api/queue/reorder', { generations }),

  image: (id: string) => get(`/api/images/${id}`),
  file: bytes,
  images: (cursor: string | null) => get('/api/images', { limit: IMAGES_A_PAGE, cursor }),

  presets: () => get('/api/presets/image'),
  choices: () => get('/api/choices'),

  system: () => get('/api/system'),
  restart: (kind: string) => post(`/api/system/workers/${kind}/restart`),
  settings: () => get('/api/settings'),
  changeSetting: (key: string, value: unknown) => put(`/api/settings/${key}`, { value }),
}
