/** The words that a PNG carries, by keyword: its tEXt chunks (Latin-1) and uncompressed iTXt chunks (UTF-8). */
export function pngText(file: ArrayBuffer): Map<string, string> {
  return new Map(chunks(new DataView(file)).flatMap(([kind, bytes]) => {
    if (kind === 'tEXt') return [halves(bytes, 'latin1')]
    return kind === 'iTXt' ? international(bytes) : []
  }))
}

const SIGNATURE_BYTES = 8

/** Kind and content of each chunk. Around the content stand its length (4 bytes), its kind (4) and a checksum (4). */
function chunks(file: DataView): [string, Uint8Array][] {
  const found: [string, Uint8Array][] = []
  for (let at = SIGNATURE_BYTES; at + 12 <= file.byteLength;) {
    const length = Math.min(file.getUint32(at), file.byteLength - at - 12)
    found.push([words(new Uint8Array(file.buffer, at + 4, 4)), new Uint8Array(file.buffer, at + 8, length)])
    at += 12 + length
  }
  return found
}

/** Keyword, 0, whether compressed, how, language, 0, translated keyword, 0, words. */
function international(bytes: Uint8Array): [string, string][] {
  const keyEnd = bytes.indexOf(0)
  if (bytes[keyEnd + 1] !== 0) return []
  const languageEnd = bytes.indexOf(0, keyEnd + 3)
  const start = bytes.indexOf(0, languageEnd + 1) + 1
  return [[words(bytes.subarray(0, keyEnd)), words(bytes.subarray(start), 'utf-8')]]
}

function halves(bytes: Uint8Array, encoding: string): [string, string] {
  const end = bytes.indexOf(0)
  return [words(bytes.subarray(0, end), encoding), words(bytes.subarray(end + 1), encoding)]
}

function words(bytes: Uint8Array, encoding = 'latin1'): string {
  return new TextDecoder(encoding).decode(bytes)
}
