/** What happened, in a plain sentence. Every type of event that the desk writes has one; a test holds that. */
import type { TimelineEntry } from '../../api/types'
import { counted, duration, titled } from '../../lib/format'
import { measured, planned } from './memoryWords'

type Told = Pick<TimelineEntry, 'type' | 'stream' | 'actor' | 'data' | 'about' | 'group'>
type Data = Record<string, unknown>
type Sentence = (told: Told) => string

const ACTORS: Record<string, string> = { user: 'You', assistant: 'The assistant', desk: 'The desk', worker: 'A worker' }

/** `You`, `The desk`, or the name under which a program called. */
export function who(actor: string): string {
  return ACTORS[actor] ?? actor.replace(/^api:/, '')
}

export function sentenceOf(told: Told): string {
  return (SENTENCES[told.type] ?? otherwise)(told)
}

/** Words of a person or a program that go with it: a prompt, tags, notes. */
export function wordsOf({ data, about }: Told): string {
  return [text(data.prompt), about.prompt, text(data.detail), text(data.notes)].find(Boolean) ?? ''
}

export function isKnown(type: string): boolean {
  return type in SENTENCES
}

const SENTENCES: Record<string, Sentence> = {
  GenerationRequested: (told) => `${by(told)} asked for ${asked(told)}`,
  GenerationReprioritized: (told) => `${by(told)} moved a picture to the ${told.data.placement === 'front' ? 'front' : 'end'} of the queue`,
  GenerationStarted: ({ data }) => `The ${text(data.worker)} worker started on a picture${number(data.attempt) > 1 ? `, attempt ${number(data.attempt)}` : ''}`,
  GenerationRetried: (told) => retried(told),
  ImageGenerated: (told) => `A picture was made in ${duration(number(told.data.seconds))}`,
  GenerationCompleted: ({ data }) => `A request was finished after ${duration(number(data.seconds))}`,
  GenerationFailed: ({ data }) => `A picture failed: ${text(data.words)}`,
  GenerationCancelled: (told) => `${by(told)} cancelled ${things(told, 'picture')}`,
  GenerationInterrupted: ({ data }) => `A picture was interrupted: ${text(data.words)}`,

  QueuePaused: (told) => `${by(told)} paused the queue`,
  QueueResumed: (told) => `${by(told)} resumed the queue`,
  QueueCleared: (told) => `${by(told)} cleared the queue: ${counted(list(told.data.generation_ids).length, 'picture')} cancelled`,
  QueueReordered: (told) => `${by(told)} changed the order of the queue`,

  ImageAdded: (told) => `${things(told, 'picture', 'A')} ${many(told) ? 'were' : 'was'} added`,
  ImageThumbnailMade: (told) => `${by(told)} made ${things(told, 'thumbnail')}`,
  ImageRated: (told) => rated(told),
  ImageFavorited: (told) => `${by(told)} made ${things(told, 'picture')} ${many(told) ? 'favourites' : 'a favourite'}`,
  ImageUnfavorited: (told) => `${by(told)} took ${things(told, 'picture')} out of the favourites`,
  ImageTagged: (told) => `${told.data.source === 'model' ? 'A model' : by(told)} tagged ${things(told, 'picture')} ${quoted(told.data.tags)}`.trimEnd(),
  ImageUntagged: (told) => `${by(told)} took ${quoted(told.data.tags) || 'tags'} off ${things(told, 'picture')}`,
  ImageTrashed: (told) => `${by(told)} trashed ${things(told, 'picture')}`,
  ImageRestored: (told) => `${by(told)} restored ${things(told, 'picture')} from the trash`,
  ImagePurged: (told) => `${by(told)} removed ${things(told, 'picture')} for good`,
  ImageMissing: () => 'The file of a picture went missing',
  ImageFoundAgain: () => 'The file of a picture is there again',

  ImagePresetCreated: (told) => `${by(told)} added the preset ${named(told)}`,
  ImagePresetEdited: (told) => `${edited(told)}${edits(told)}`,
  ImagePresetDeleted: (told) => `${by(told)} deleted the preset ${named(told)}`,
  ImagePresetRestored: (told) => `${by(told)} restored the preset ${named(told)}`,

  LanguagePresetCreated: (told) => `${by(told)} added the language preset ${named(told)}`,
  LanguagePresetEdited: (told) => `${by(told)} edited the language preset ${named(told)}${edits(told)}`,
  LanguagePresetDeleted: (told) => `${by(told)} deleted the language preset ${named(told)}`,
  LanguagePresetRestored: (told) => `${by(told)} restored the language preset ${named(told)}`,

  JobEnqueued: (told) => enqueued(told),
  JobStarted: (told) => `${job(told)} started${number(told.data.attempt) > 1 ? `, attempt ${number(told.data.attempt)}` : ''}`,
  JobAdvanced: (told) => `${job(told)} has done ${number(told.data.done).toLocaleString()}`,
  JobCompleted: (told) => `${job(told)} was done after ${duration(number(told.data.seconds))}`,
  JobFailed: (told) => `${job(told)} failed: ${text(told.data.words)}`,
  JobCancelled: (told) => `${by(told)} cancelled ${job(told).toLowerCase()}`,
  JobInterrupted: (told) => `${job(told)} was interrupted: ${text(told.data.words)}`,
  JobRetried: (told) => `${job(told)} ${told.data.why === 'asked' ? 'is tried again, as asked' : 'goes on after an interruption'}`,

  SettingChanged: (told) => setting(told),

  WorkerStarted: (told) => `${worker(told)} is starting${number(told.data.restarts) ? ' again' : ''}`,
  WorkerReady: (told) => `${worker(told)} is ready${told.data.engine ? `: ${[told.data.engine, told.data.engine_version, told.data.backend].map(text).filter(Boolean).join(' ')}` : ''}`,
  ModelLoaded: (told) => `${worker(told)} loaded ${told.about.preset ?? 'a model'} in ${duration(number(told.data.seconds))}`,
  ModelUnloaded: (told) => `${worker(told)} unloaded ${told.about.preset ?? 'a model'}: ${UNLOADED[text(told.data.why)] ?? text(told.data.why)}`,
  WorkerStopped: (told) => `${worker(told)} was stopped${STOPPED[text(told.data.why)] ?? ''}`,
  WorkerLost: (told) => lost(told),
  WorkerQuarantined: (told) => `${worker(told)} is held down: it was lost ${number(told.data.losses)} times within ${duration(number(told.data.within_seconds))}`,

  MemoryPlanned: ({ data, about }) => planned(data, about.preset),
  MemoryMeasured: ({ data }) => measured(data),

  DataForgotten: (told) => `${by(told)} had the words of ${counted(list(told.data.positions).length, 'event')} forgotten`,
  LogImported: (told) => `The log up to event ${number(told.data.head_position).toLocaleString()} was read from an export`,
  BackupMade: (told) => `${by(told)} made a backup of the log up to event ${number(told.data.head_position).toLocaleString()}`,
  LogRestored: (told) => `The log was restored from a backup that ended at event ${number(told.data.head_position).toLocaleString()}`,
}

const UNLOADED: Record<string, string> = {
  asked: 'as asked', idle: 'nobody used it', other_model: 'another one was wanted', memory: 'its memory was needed',
  failed: 'it could not go on with it',
}
const STOPPED: Record<string, string> = { cancel: ' to cancel what it did', shutdown: ' as the desk was closed' }
const CAUSES: Record<string, string> = {
  out_of_memory: 'out of memory', bad_model_file: 'a bad model file', assertion: 'a mistake of its engine',
  killed: 'it was killed', hung: 'it no longer answered', unknown: 'nobody knows why',
}
const MITIGATIONS: Record<string, string> = { vae_tiling: 'the picture decoded in tiles' }
const ACTIONS: Record<string, string> = {
  rate: 'rate', favorite: 'make favourites of', unfavorite: 'take out of the favourites', tag: 'tag', untag: 'take tags off',
  trash: 'trash', restore: 'restore', purge: 'remove for good',
}

/** `GenerationMoved` → `Generation moved`: a later version's word for it says more than none. */
function otherwise({ type }: Told): string {
  const words = type.replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2').toLowerCase()
  return words.charAt(0).toUpperCase() + words.slice(1)
}

function by({ actor }: Told): string {
  return who(actor)
}

function count({ type, group }: Told): number {
  return group.types[type] ?? 1
}

function many(told: Told): boolean {
  return count(told) > 1
}

/** `a picture`, `50 pictures`. */
function things(told: Told, noun: string, article = 'a'): string {
  return many(told) ? `${count(told).toLocaleString()} ${noun}s` : `${article} ${noun}`
}

function asked({ data }: Told): string {
  if (data.rerun_of) return 'a picture once more'
  const batch = number(within(data.recipe).batch)
  return batch > 1 ? counted(batch, 'picture') : 'a picture'
}

function rated(told: Told): string {
  const stars = number(told.data.rating)
  const before = number(told.about.before)
  if (many(told)) return stars ? `${by(told)} gave ${counted(stars, 'star')} to ${things(told, 'picture')}` : `${by(told)} took the stars from ${things(told, 'picture')}`
  if (!stars) return `${by(told)} took the ${before ? counted(before, 'star') : 'stars'} back`
  return `${by(told)} rated ${counted(stars, 'star')}${before ? `, after ${before}` : ''}`
}

function retried(told: Told): string {
  if (told.data.why === 'interrupted') return 'An interrupted picture went back to the front of the queue'
  if (told.data.why === 'asked') return `${by(told)} wanted a picture tried again`
  const how = list(told.data.mitigations).map((one) => MITIGATIONS[text(one)] ?? titled(text(one)).toLowerCase())
  return `A picture is tried again, more carefully${how.length ? `: ${how.join(', ')}` : ''}`
}

function enqueued(told: Told): string {
  const { kind, action, subjects } = told.data
  const pictures = counted(list(subjects).length, 'picture')
  if (kind === 'bulk') return `${by(told)} asked to ${ACTIONS[text(action)] ?? text(action)} ${pictures}`
  if (kind === 'undo') return `${by(told)} asked to undo what was done`
  return `${by(told)} put a ${text(kind)} job into its queue`
}

function job({ about }: Told): string {
  return about.job ? `The ${about.job} job` : 'A job'
}

function worker({ stream }: Told): string {
  return `The ${stream.replace(/^worker-/, '')} worker`
}

function lost(told: Told): string {
  const why = CAUSES[text(told.data.cause)] ?? text(told.data.cause)
  const back = told.about.seconds === null ? '' : `; it was back after ${duration(told.about.seconds)}`
  return `${worker(told)} was lost: ${why}${back}`
}

function setting(told: Told): string {
  const name = titled(text(told.data.key))
  const change = told.data.new ? ` from ${json(told.data.old)} to ${json(told.data.new)}` : ''
  return told.data.source === 'file' ? `${name} was changed${change} in the settings file` : `${by(told)} changed ${name}${change}`
}

function named({ about, data }: Told): string {
  return text(within(data.content).name) || about.preset || 'of a model'
}

/** The desk edits none but those that come with the program. */
function edited(told: Told): string {
  return told.actor === 'desk' ? `The desk renewed the preset ${named(told)}, which comes with the program` : `${by(told)} edited the preset ${named(told)}`
}

/** `: steps 14 → 20, notes`. */
function edits({ data, about }: Told): string {
  const before = within(about.before)
  if (!before.content) return ''
  const was = flat(before)
  const found = Object.entries(flat(data)).filter(([key, value]) => JSON.stringify(was[key]) !== JSON.stringify(value))
  return found.length ? `: ${found.map(([key, value]) => edit(key, was[key], value)).join(', ')}` : ''
}

/** What is too long to be told, or means nothing to people. */
const UNTOLD: readonly string[] = ['notes', 'cover']

function edit(key: string, before: unknown, now: unknown): string {
  const name = titled(key).toLowerCase()
  const isShort = typeof now === 'number' || (typeof now === 'string' && !UNTOLD.includes(key) && !key.endsWith('_prompt'))
  return isShort ? `${name} ${String(before)} → ${String(now)}` : name
}

function flat({ content, prompts, notes }: Data): Data {
  const { defaults, ...rest } = within(content)
  const texts = Object.fromEntries(Object.entries(within(prompts)).map(([key, value]) => [`${key}_prompt`, value]))
  return { ...rest, ...within(defaults), ...texts, notes }
}

function quoted(tags: unknown): string {
  return list(tags).map((tag) => `“${text(tag)}”`).join(', ')
}

function json(value: unknown): string {
  return text(value) === '""' || text(value) === '' ? 'nothing' : text(value).replaceAll('"', '')
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function within(value: unknown): Data {
  return typeof value === 'object' && value !== null ? (value as Data) : {}
}
