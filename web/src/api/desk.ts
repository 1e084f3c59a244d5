/** Every call that the page makes, one line each. */
import { bytes, get, named, patch, post, put, remove } from './client'
import type { Query } from './contract'
import type { LanguagePresetDocument, LanguagePresetEdit, LanguageQuestion, NewLanguagePreset } from './types'
import type { GenerationRequest, PresetCreation, PresetDocument, PresetEdit, PresetEstimation, TagChange } from './types'

const IMAGES_A_PAGE = 60
const TAGS_SUGGESTED = 8
const DAYS = 5000
const MEASUREMENTS = 200
const MODELS_A_PAGE = 500

type Asked = NonNullable<Query<'get', '/api/timeline'>>

export const desk = {
  session: () => get('/api/session'),
  signIn: (code: string) => post('/api/session', { code }),

  generate: (request: GenerationRequest, account?: string) => post('/api/generations', request, account),
  cancel: (id: string, account?: string) => post(`/api/generations/${id}/cancel`, undefined, account),
  retry: (id: string, account?: string) => post(`/api/generations/${id}/retry`, undefined, account),
  toFront: (id: string, account?: string) => post(`/api/generations/${id}/front`, undefined, account),

  queue: () => get('/api/queue'),
  pause: (account?: string) => post('/api/queue/pause', undefined, account),
  resume: (account?: string) => post('/api/queue/resume', undefined, account),
  clear: (account?: string) => post('/api/queue/clear', undefined, account),
  reorder: (generations: string[], account?: string) => post('/api/queue/reorder', { generations }, account),

  image: (id: string) => get(`/api/images/${id}`),
  file: bytes,
  origin: (id: string) => get(`/api/images/${id}/origin`),
  rerun: (id: string) => post(`/api/images/${id}/rerun`),
  generationMemory: (id: string) => get(`/api/generations/${id}/memory`),
  measurements: (preset: string | null) => get('/api/memory/measurements', { preset, limit: MEASUREMENTS }),
  comparison: (generation: string) => get(`/api/generations/${generation}/comparison`),
  images: (cursor: string | null) => get('/api/images', { limit: IMAGES_A_PAGE, cursor }),
  rate: (id: string, rating: number, account?: string) => post(`/api/images/${id}/rate`, { rating }, account),
  favorite: (id: string, account?: string) => post(`/api/images/${id}/favorite`, undefined, account),
  unfavorite: (id: string, account?: string) => post(`/api/images/${id}/unfavorite`, undefined, account),
  tag: (id: string, change: TagChange, account?: string) => post(`/api/images/${id}/tags`, change, account),
  trashImage: (id: string, account?: string) => post(`/api/images/${id}/trash`, undefined, account),
  restoreImage: (id: string, account?: string) => post(`/api/images/${id}/restore`, undefined, account),
  tags: (prefix: string) => get('/api/tags', { prefix, limit: TAGS_SUGGESTED }),
  trash: () => get('/api/trash'),
  emptyTrash: (forget: boolean) => post('/api/trash/empty', { forget }),

  undoEvent: (position: number, force: boolean, account?: string) => post(`/api/undo/${String(position)}`, { force }, account),
  undo: (done: string, force: boolean, account?: string) => post('/api/undo', { correlation_id: done, force }, account),

  timeline: (asked: Asked) => get('/api/timeline', asked),
  timelineDays: (asked: Pick<Asked, 'kind' | 'actor'>) => get('/api/timeline/days', { ...asked, limit: DAYS }),
  timelineCounts: () => get('/api/timeline/counts'),
  event: (position: number) => get(`/api/events/${position}`),

  presets: () => get('/api/presets/image'),
  estimate: (preset: string, width: number, height: number) => get(`/api/presets/image/${preset}/estimate`, { width, height }),
  choices: () => get('/api/choices'),
  createPreset: (preset: PresetCreation, account?: string) => post('/api/presets/image', preset, account),
  editPreset: (id: string, change: PresetEdit, account?: string) => patch(`/api/presets/image/${id}`, change, account),
  duplicatePreset: (id: string, account?: string) => post(`/api/presets/image/${id}/duplicate`, undefined, account),
  deletePreset: (id: string, account?: string) => remove(`/api/presets/image/${id}`, account),
  exportPreset: (id: string) => named(`/api/presets/image/${id}/export`),
  importPreset: (document: PresetDocument, account?: string) => post('/api/presets/image/import', document, account),
  estimatePreset: (asked: PresetEstimation) => post('/api/presets/image/estimate', asked),
  loadPreset: (id: string) => post(`/api/presets/image/${id}/load`),
  cancelLoading: () => post('/api/system/loading/cancel'),

  models: (cursor: string | null) => get('/api/models', { limit: MODELS_A_PAGE, cursor }),
  families: () => get('/api/models/families'),
  scanModels: () => post('/api/models/scan'),
  catalogue: () => get('/api/models/catalogue'),
  licence: (id: string) => get(`/api/models/catalogue/${id}/licence`),
  checkCatalogueModel: (id: string) => post(`/api/models/catalogue/${id}/check`),
  restoreCatalogueModel: (id: string) => post(`/api/models/catalogue/${id}/restore`),
  checkModels: (files: Record<string, string>, loras: string[]) => post('/api/models/check', { files, loras }),

  languagePresets: () => get('/api/presets/language'),
  languageStart: () => get('/api/presets/language/start'),
  languagePrompts: () => get('/api/presets/language/prompts'),
  assessLanguageFiles: (asked: LanguageQuestion) => post('/api/presets/language/estimate', asked),
  estimateLanguagePreset: (id: string) => get(`/api/presets/language/${id}/estimate`),
  createLanguagePreset: (preset: NewLanguagePreset, account?: string) => post('/api/presets/language', preset, account),
  editLanguagePreset: (id: string, change: LanguagePresetEdit, account?: string) => patch(`/api/presets/language/${id}`, change, account),
  duplicateLanguagePreset: (id: string, account?: string) => post(`/api/presets/language/${id}/duplicate`, undefined, account),
  deleteLanguagePreset: (id: string, account?: string) => remove(`/api/presets/language/${id}`, account),
  exportLanguagePreset: (id: string) => named(`/api/presets/language/${id}/export`),
  importLanguagePreset: (document: LanguagePresetDocument, account?: string) => post('/api/presets/language/import', document, account),

  moment: (position: number) => get('/api/as-of', { position }),
  momentAt: (at: string) => get('/api/as-of', { at }),
  marks: (count: number) => get('/api/as-of/marks', { count }),
  openMoment: (position: number) => get(`/api/as-of/${String(position)}`),
  bringBack: (position: number, stream: string, key: string) => post(`/api/as-of/${String(position)}/restore`, { stream, key }),

  system: () => get('/api/system'),
  restart: (kind: string) => post(`/api/system/workers/${kind}/restart`),
  unload: (kind: string, depth: 'hard' | 'soft') => post(`/api/system/workers/${kind}/unload`, { depth }),
  crash: () => get('/api/system/crash'),
  dismissCrash: () => post('/api/system/crash/dismiss'),
  bundle: () => named('/api/system/bundle'),
  backups: () => get('/api/backups'),
  backUp: () => post('/api/backups', { folder: '' }),
  settings: () => get('/api/settings'),
  changeSetting: (key: string, value: unknown, account?: string) => put(`/api/settings/${key}`, { value }, account),
}
