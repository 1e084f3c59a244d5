import { expect, it } from 'vitest'
import { pngText } from './pngText'

const utf8 = new TextEncoder()

function chunk(kind: string, content: Uint8Array): number[] {
  const length = new DataView(new ArrayBuffer(4))
  length.setUint32(0, content.length)
  return [...new Uint8Array(length.buffer), ...utf8.encode(kind), ...content, 0, 0, 0, 0]
}

function png(...chunks: number[][]): ArrayBuffer {
  return Uint8Array.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, ...chunks.flat()]).buffer
}

it('reads words in Latin-1 and in UTF-8, past everything else', () => {
  const file = png(
    chunk('IHDR', new Uint8Array(13)),
    chunk('tEXt', Uint8Array.of(...utf8.encode('parameters\0caf'), 0xe9)),
    chunk('iTXt', utf8.encode('ddesk\0\0\0en\0\0{"prompt":"猫"}')),
    chunk('IEND', new Uint8Array()),
  )
  expect([...pngText(file)]).toEqual([['parameters', 'café'], ['ddesk', '{"prompt":"猫"}']])
})

it('leaves compressed words alone', () => {
  expect(pngText(png(chunk('iTXt', utf8.encode('parameters\0\u0001\0\0\0zipped')))).size).toBe(0)
})

it('reads what there is of a file that was cut off', () => {
  const file = png(chunk('tEXt', utf8.encode('parameters\0a blue robot')), chunk('IDAT', new Uint8Array(100)))
  expect(pngText(file.slice(0, -60)).get('parameters')).toBe('a blue robot')
})
