import { describe, expect, it } from 'vitest'
import type { TimelineEntry } from '../../api/types'
import { anEntry } from '../../testing'
import { isKnown, sentenceOf, who, wordsOf } from './sentences'

/** One line for each shape in which the desk ever wrote an event, as its own tests keep them. */
const WRITTEN = Object.entries(import.meta.glob<string>('../../../../tests/events/golden/*.jsonl', {
  query: '?raw', import: 'default', eager: true,
})).flatMap(([, text]) => text.trim().split('\n').map((line) => JSON.parse(line) as { type: string; event: Record<string, unknown> }))

const about = (named: Partial<TimelineEntry['about']>) => ({ ...anEntry('').about, ...named })
const of = (type: string, data: Record<string, unknown>, named: Partial<TimelineEntry> = {}) =>
  sentenceOf(anEntry(type, { actor: 'user', data, ...named }))

describe('every event that the desk writes', () => {
  it('is among the samples', () => { expect(WRITTEN.length).toBeGreaterThan(40) })

  it.each(WRITTEN)('$type has a sentence of its own, with nothing left blank', ({ type, event }) => {
    expect(isKnown(type)).toBe(true)
    const told = sentenceOf(anEntry(type, { stream: 'worker-image', data: event }))
    expect(told).not.toMatch(/undefined|null|NaN|\[object|\$\{| {2}|:\s*$/)
    expect(told.length).toBeGreaterThan(8)
  })
})

describe('a sentence', () => {
  it.each([
    ['You rated 4 stars', of('ImageRated', { rating: 4 })],
    ['You rated 1 star, after 3', of('ImageRated', { rating: 1 }, { about: about({ before: 3 }) })],
    ['You took the 2 stars back', of('ImageRated', { rating: 0 }, { about: about({ before: 2 }) })],
    ['You asked for a picture once more', of('GenerationRequested', { recipe: { batch: 1 }, rerun_of: 'a' })],
    ['You trashed 50 pictures', of('ImageTrashed', {}, { group: { first: 1, last: 50, types: { ImageTrashed: 50 } } })],
    ['You tagged a picture “sea”, “night”', of('ImageTagged', { source: 'user', tags: ['sea', 'night'] })],
    ['The desk made a thumbnail', of('ImageThumbnailMade', {}, { actor: 'desk' })],
    ['The desk planned a picture: 5.0 GB of 7.5 GB', of('MemoryPlanned', { purpose: 'picture', fits: true, planned_mb: 5120, available_mb: 7680, steps: [] })],
    [
      'The desk unloaded the language model and had the picture decoded in tiles for a picture: 600 MB short',
      of('MemoryPlanned', {
        purpose: 'picture', fits: true, needed_mb: 5600, room_mb: 5000,
        steps: [
          { rung: 'soft_unload', owner: 'language', verdict: 'not_needed' },
          { rung: 'hard_unload', owner: 'language', verdict: 'taken' }, { rung: 'vae_tiling', owner: '', verdict: 'taken' },
        ],
      }),
    ],
    [
      'The desk found no room for a picture: 2.0 GB short; 512 × 512 would fit',
      of('MemoryPlanned', { purpose: 'picture', fits: false, short_mb: 2048, would_fit: '512 × 512', steps: [] }),
    ],
    ['A picture took 900 MB, 5 % less than predicted', of('MemoryMeasured', { measured_mb: 900, predicted_mb: 945 })],
    ['gallery-tool trashed a picture', of('ImageTrashed', {}, { actor: 'api:gallery-tool' })],
    [
      'The image worker was lost: out of memory; it was back after 1.2 s',
      of('WorkerLost', { cause: 'out_of_memory', words: '' }, { stream: 'worker-image', about: about({ seconds: 1.2 }) }),
    ],
    ['You changed Thumbnail side from 256 to 320', of('SettingChanged', { key: 'thumbnail_side', source: 'page', old: '256', new: '320' })],
    ['Port was changed from 7433 to 8000 in the settings file', of('SettingChanged', { key: 'port', source: 'file', old: '7433', new: '8000' })],
    [
      'The desk renewed the preset Starter, which comes with the program: model files, steps 14 → 12',
      of('ImagePresetEdited', { content: { name: 'Starter', model_files: ['b'], defaults: { steps: 12 } }, notes: '' }, {
        actor: 'desk', about: about({ before: { content: { name: 'Starter', model_files: ['a'], defaults: { steps: 14 } }, notes: '' } }),
      }),
    ],
    [
      'You edited the preset Mine: steps 14 → 9, notes',
      of('ImagePresetEdited', { content: { name: 'Mine', defaults: { steps: 9 } }, notes: 'b' }, {
        about: about({ before: { content: { name: 'Mine', defaults: { steps: 14 } }, notes: 'a' } }),
      }),
    ],
    [
      'You edited the language preset Talker: context 2048 → 1024, assistant prompt',
      of('LanguagePresetEdited', { content: { name: 'Talker', context: 1024 }, prompts: { assistant: 'Be brief.' }, notes: '' }, {
        about: about({ before: { content: { name: 'Talker', context: 2048 }, prompts: { assistant: '' }, notes: '' } }),
      }),
    ],
    [
      'You edited the preset Mine: model files, cover',
      of('ImagePresetEdited', { content: { name: 'Mine', model_files: ['b'], cover: 'i' }, notes: '' }, {
        about: about({ before: { content: { name: 'Mine', model_files: ['a'], cover: '' }, notes: '' } }),
      }),
    ],
    ['The thumbnail job failed: It is gone.', of('JobFailed', { words: 'It is gone.' }, { about: about({ job: 'thumbnail' }) })],
  ])('%s', (expected, told) => { expect(told).toBe(expected) })

  it('says as much as it can of what a later version wrote', () => {
    expect(of('LibraryItemAdded', { unknown: '{}' })).toBe('Library item added')
  })
})

it('names who did it', () => {
  expect(['user', 'assistant', 'desk', 'api:tool'].map(who)).toEqual(['You', 'The assistant', 'The desk', 'tool'])
})

it('shows the prompt of the picture where the event has no words of its own', () => {
  expect(wordsOf(anEntry('ImageRated', { about: about({ prompt: 'a robot' }) }))).toBe('a robot')
  expect(wordsOf(anEntry('GenerationRequested', { data: { prompt: 'a car' } }))).toBe('a car')
})
