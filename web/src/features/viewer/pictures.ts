import type { Image } from '../../api/types'

/** Newest first, each once; what arrives replaces what was known. */
export function merged(known: readonly Image[], arrived: readonly Image[]): Image[] {
  const byId = new Map([...known, ...arrived].map((image) => [image.id, image]))
  return [...byId.values()].sort(newestFirst)
}

function newestFirst(a: Image, b: Image): number {
  return b.made_at.localeCompare(a.made_at) || b.id.localeCompare(a.id)
}

/** The picture `step` places further on (older), or null past either end. */
export function neighbour(images: readonly Image[], id: string, step: 1 | -1): Image | null {
  const at = images.findIndex((image) => image.id === id)
  return at < 0 ? null : (images[at + step] ?? null)
}

/** `image-<id>` names the stream of a picture. */
export function imageOf(stream: string): string | null {
  return stream.startsWith('image-') ? stream.slice('image-'.length) : null
}
