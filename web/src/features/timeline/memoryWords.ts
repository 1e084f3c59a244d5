/** What the desk decided about memory, and what came of it, in plain words. */
import { memory } from '../../lib/format'

type Data = Record<string, unknown>

/** What the desk does where memory is short, in the past tense; `{owner}` is whose model goes. */
const TAKEN: Record<string, string> = {
  soft_unload: 'dropped the context of the {owner} model',
  hard_unload: 'unloaded the {owner} model',
  text_encoders_on_cpu: 'moved the text encoders to the CPU',
  vae_tiling: 'had the picture decoded in tiles',
  vae_on_cpu: 'moved the VAE to the CPU',
  weights_in_ram: 'kept the weights in RAM',
  segmented_graph: 'had the model computed in segments',
}
const WANTED: Record<string, string> = { picture: 'a picture', answer: 'an answer', prewarm: 'the next picture', asked: 'a model' }

export function planned(data: Data, preset: string | null): string {
  const what = data.purpose === 'asked' && preset ? preset : WANTED[text(data.purpose)] ?? 'a piece of work'
  if (!data.fits) return refused(data, what)
  const done = steps(data).filter(({ verdict }) => verdict === 'taken').map(rungWords)
  const short = number(data.needed_mb) - number(data.room_mb)
  if (!done.length) return `The desk planned ${what}: ${memory(number(data.planned_mb))} of ${memory(number(data.available_mb))}`
  return `The desk ${joined(done)} for ${what}${short > 0 ? `: ${memory(short)} short` : ''}`
}

/** `unloaded the language model`. */
export function rungWords({ rung, owner }: Data): string {
  return (TAKEN[text(rung)] ?? text(rung)).replace('{owner}', text(owner))
}

export function measured(data: Data): string {
  const [was, said] = [number(data.measured_mb), number(data.predicted_mb)]
  const percent = Math.round(Math.abs(said / was - 1) * 100)
  const error = percent ? `${percent} % ${said > was ? 'less' : 'more'} than predicted` : 'as predicted'
  return `A picture took ${memory(was)}, ${error}`
}

function refused(data: Data, what: string): string {
  const short = number(data.short_mb) || number(data.short_ram_mb)
  const instead = data.would_fit ? `; ${text(data.would_fit)} would fit` : ''
  return `The desk found no room for ${what}: ${memory(short)} short${instead}`
}

function steps(data: Data): Data[] {
  return Array.isArray(data.steps) ? (data.steps as Data[]) : []
}

function joined(words: string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

function number(value: unknown): number {
  return typeof value === 'number' ? value : 0
}
