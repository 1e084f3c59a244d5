import type { Generation, Image, LiveProgress } from '../../api/types'

/** What the middle of the screen shows. While something is made, the last picture stays until there is a preview. */
export type Canvas =
  | { kind: 'loading' }
  | { kind: 'empty' }
  | { kind: 'still'; image: Image }
  | { kind: 'working'; generation: Generation; progress: LiveProgress | null; preview: string | null; before: Image | null }

export interface Seen {
  images: readonly Image[] | null
  running: readonly Generation[]
  progress: LiveProgress | null
  preview: { generation: string; url: string } | null
}

export function canvasOf({ images, running, progress, preview }: Seen): Canvas {
  const [generation] = running
  const latest = images?.[0] ?? null
  if (generation) {
    return {
      kind: 'working', generation, before: latest,
      progress: progress?.generation === generation.id ? progress : null,
      preview: preview?.generation === generation.id ? preview.url : null,
    }
  }
  if (images === null) return { kind: 'loading' }
  return latest ? { kind: 'still', image: latest } : { kind: 'empty' }
}

export const PHASES: Record<LiveProgress['phase'], string> = {
  loading: 'Loading the model',
  encoding: 'Reading the prompt',
  sampling: 'Sampling',
  decoding: 'Decoding',
  saving: 'Saving',
}

/** From 0 to 1 over the whole batch, or null where nothing can be said. */
export function fraction(progress: LiveProgress | null): number | null {
  if (!progress || progress.phase === 'loading' || progress.steps === 0) return null
  if (progress.phase === 'encoding' && progress.image === 1) return null
  return (progress.image - 1 + ofThisPicture(progress)) / progress.batch
}

function ofThisPicture({ phase, step, steps }: LiveProgress): number {
  if (phase === 'encoding') return 0
  return phase === 'sampling' ? step / steps : 1
}

/** Seconds until the whole batch is made, taking its other pictures to last as long as this one; null while unknown. */
export function secondsLeft({ image, batch, elapsed_seconds: elapsed, remaining_seconds: left }: LiveProgress): number | null {
  return left === null ? null : left + (batch - image) * (elapsed + left)
}

export interface Picture {
  src: string
  alt: string
  width: number
  height: number
  /** Of the stored picture, or null for a preview. */
  id: string | null
  faded: boolean
}

export function pictureOf(canvas: Canvas): Picture | null {
  if (canvas.kind === 'working' && canvas.preview) {
    const { width, height } = canvas.generation.recipe
    return { src: canvas.preview, alt: 'Live preview', width, height, id: null, faded: false }
  }
  const image = canvas.kind === 'still' ? canvas.image : canvas.kind === 'working' ? canvas.before : null
  if (!image) return null
  const { file, recipe, width, height, id } = image
  return { src: file, alt: recipe.prompt || 'Picture', width, height, id, faded: canvas.kind === 'working' }
}

const LARGEST_ZOOM = 4

/** The styles that keep a small picture from being blown up to the whole screen. */
export function bounds({ width, height }: { width: number; height: number }): { maxWidth: string; maxHeight: string } {
  return { maxWidth: `min(100%, ${LARGEST_ZOOM * width}px)`, maxHeight: `min(100%, ${LARGEST_ZOOM * height}px)` }
}
