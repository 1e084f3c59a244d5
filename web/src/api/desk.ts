/** Every call that the page makes, one line each. */
import { call } from './client'
import type {
  Choices, Generation, GenerationRequest, Image, ImagePreset, Page, Queue, Session, Setting, System, Worker,
} from './types'

const IMAGES_A_PAGE = 60

export const desk = {
  session: () => call<Session>('GET', '/api/session'),
  signIn: (code: string) => call<Session>('POST', '/api/session', { code }),

  generate: (request: GenerationRequest) => call<Generation>('POST', '/api/generations', request),
  cancel: (id: string) => call<Generation>('POST', `/api/generations/${id}/cancel`),
  retry: (id: string) => call<Generation>('POST', `/api/generations/${id}/retry`),
  toFront: (id: string) => call<Generation>('POST', `/api/generations/${id}/front`),

  queue: () => call<Queue>('GET', '/api/queue'),
  pause: () => call<Queue>('POST', '/api/queue/pause'),
  resume: () => call<Queue>('POST', '/api/queue/resume'),
  clear: () => call<{ cancelled: string[] }>('POST', '/api/queue/clear'),
  reorder: (generations: string[]) => call<Queue>('POST', '/api/queue/reorder', { generations }),

  image: (id: string) => call<Image>('GET', `/api/images/${id}`),
  images: (cursor: string | null) =>
    call<Page<Image>>('GET', `/api/images?limit=${IMAGES_A_PAGE}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ''}`),

  presets: () => call<Page<ImagePreset>>('GET', '/api/presets/image'),
  choices: () => call<Choices>('GET', '/api/choices'),

  system: () => call<System>('GET', '/api/system'),
  restart: (kind: string) => call<Worker>('POST', `/api/system/workers/${encodeURIComponent(kind)}/restart`),
  settings: () => call<Page<Setting>>('GET', '/api/settings'),
  changeSetting: (key: string, value: unknown) =>
    call<Setting>('PUT', `/api/settings/${encodeURIComponent(key)}`, { value }),
}
