import { expect, test } from 'vitest'
import { useFolders } from './folders'

const { entries, without, withAlso } = useFolders(() => ['/a', '/b'])

test('a folder is taken off, and one more is added at the end', () => {
  expect(entries.value).toEqual(['/a', '/b'])
  expect(without('/a')).toEqual(['/b'])
  expect(withAlso(' /c d ')).toEqual(['/a', '/b', '/c d'])
})

test('nothing changes for what is empty or there already', () => {
  expect(withAlso('  ')).toBeNull()
  expect(withAlso('/b')).toBeNull()
})

test('what is no list is an empty one', () => {
  expect(useFolders(() => undefined).entries.value).toEqual([])
})
