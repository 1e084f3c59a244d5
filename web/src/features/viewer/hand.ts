import { defineStore } from 'pinia'
import { desk } from '../../api/desk'
import type { Image } from '../../api/types'
import { counted } from '../../lib/format'
import type { Shortcut } from '../../lib/keys'
import { useUndo } from '../undo/store'
import { useViewer } from './store'

export const STARS = [1, 2, 3, 4, 5] as const

/** What a person does to a picture. */
export const useHand = defineStore('hand', () => {
  const viewer = useViewer()
  const { act } = useUndo()

  async function change(words: string, action: (account: string) => Promise<Image>, told = false): Promise<void> {
    const changed = await act(words, action, told)
    if (changed) viewer.take([changed])
  }

  const rate = ({ id }: Image, stars: number) =>
    change(stars ? `Rated ${counted(stars, 'star')}` : 'Stars taken back', (account) => desk.rate(id, stars, account))
  const toggleFavorite = ({ id, favorite }: Image) => favorite
    ? change('A favourite no more', (account) => desk.unfavorite(id, account))
    : change('Made a favourite', (account) => desk.favorite(id, account))
  const tag = ({ id }: Image, name: string) => change(`Tagged “${name}”`, (account) => desk.tag(id, { add: [name] }, account))
  const untag = ({ id }: Image, name: string) =>
    change(`Tag “${name}” removed`, (account) => desk.tag(id, { remove: [name] }, account))

  const toggleTrash = ({ id, trashed }: Image) => trashed
    ? change('Taken out of the trash', (account) => desk.restoreImage(id, account), true)
    : change('Moved to the trash', (account) => desk.trashImage(id, account), true)

  return { rate, toggleFavorite, tag, untag, toggleTrash }
})

/** For the picture that the keys are about when they are pressed. */
export function handShortcuts(picture: () => Image | null): Shortcut[] {
  const hand = useHand()
  return [
    { keys: 'f', does: 'Favourite', run: on(picture, (image) => void hand.toggleFavorite(image)) },
    { keys: 'delete', does: 'Move to the trash, or out of it', run: on(picture, (image) => void hand.toggleTrash(image)) },
  ]
}

/** Only for an opened picture: elsewhere the number keys go to the screens. */
export function starShortcuts(picture: () => Image | null): Shortcut[] {
  const hand = useHand()
  return [
    ...STARS.map((stars) => ({
      keys: String(stars), shown: '1–5', does: stars === 1 ? 'Give it stars' : '', run: on(picture, (image) => void hand.rate(image, stars)),
    })),
    { keys: '0', does: 'Take the stars back', run: on(picture, (image) => void hand.rate(image, 0)) },
  ]
}

function on(picture: () => Image | null, act: (image: Image) => void): () => void {
  return () => {
    const image = picture()
    if (image) act(image)
  }
}
