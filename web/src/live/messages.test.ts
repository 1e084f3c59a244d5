import { expect, it } from 'vitest'
import { heard } from './messages'

it('reads text as the message that it is', () => {
  expect(heard('{"type":"ready","position":12,"reset":false}')).toEqual({ type: 'ready', position: 12, reset: false })
})

it('reads bytes as a preview: whose it is, then the picture', async () => {
  const id = '0190a3c2-7b1e-7000-8000-0123456789ab'
  const bytes = Uint8Array.of(...new TextEncoder().encode(id), 0xff, 0xd8, 0xff)
  const message = heard(bytes.buffer)
  if (message.type !== 'preview') throw new Error(`not a preview but ${message.type}`)
  expect([message.generation, message.picture.type]).toEqual([id, 'image/jpeg'])
  expect(new Uint8Array(await message.picture.arrayBuffer())).toEqual(Uint8Array.of(0xff, 0xd8, 0xff))
})
