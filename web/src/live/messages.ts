import type { LiveMessage } from '../api/types'

const ID_BYTES = 36

export interface Preview {
  generation: string
  picture: Blob
}

export type Heard = LiveMessage | ({ type: 'preview' } & Preview)

/** Text is JSON with its `type`; bytes are a preview: 36 ASCII bytes of the generation's id, then a JPEG. */
export function heard(data: string | ArrayBuffer): Heard {
  if (typeof data === 'string') return JSON.parse(data) as LiveMessage
  const generation = new TextDecoder('ascii').decode(data.slice(0, ID_BYTES)).trimEnd()
  return { type: 'preview', generation, picture: new Blob([data.slice(ID_BYTES)], { type: 'image/jpeg' }) }
}
