import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import { desk } from '../../api/desk'
import type { Image, RecordedEvent } from '../../api/types'
import { coalesced } from '../../lib/coalesced'
import { pngText } from '../../lib/pngText'
import { useAlerts } from '../alerts/store'
import type { Reused } from '../generate/form'
import { useGenerate } from '../generate/store'
import { useQueue } from '../queue/store'
import { canvasOf } from './canvas'
import { imageOf, merged, neighbour } from './pictures'
import { useProgress } from './progress'

const REUSED: Record<Reused, string> = {
  all: 'The form has these settings now', prompt: 'Prompt reused', seed: 'Seed reused', size: 'Size reused',
}

const APPEARED = ['ImageAdded', 'ImageRestored']
const MOST_ONE_BY_ONE = 12

export const useViewer = defineStore('viewer', () => {
  const images = ref<Image[] | null>(null)
  const cursor = ref<string | null>(null)
  const opened = ref<string | null>(null)
  /** An opened picture that is not among the recent ones. */
  const apart = ref<Image | null>(null)
  const changed = new Set<string>()
  let asked = new Set<string>()
  const queue = useQueue()
  const work = useProgress()
  const { attempt } = useAlerts()

  const canvas = computed(() => canvasOf({
    images: images.value, running: queue.shown.running, progress: work.progress, preview: work.preview,
  }))
  const openedImage = computed(() => [...images.value ?? [], ...apart.value ? [apart.value] : []].find(({ id }) => id === opened.value) ?? null)
  const older = computed(() => beside(1))
  const newer = computed(() => beside(-1))

  function beside(step: 1 | -1): Image | null {
    return opened.value && images.value ? neighbour(images.value, opened.value, step) : null
  }

  async function load(): Promise<void> {
    const page = await desk.images(null)
    images.value = page.items
    cursor.value = page.next
  }

  const loadMore = coalesced(async () => {
    const page = cursor.value ? await attempt(() => desk.images(cursor.value)) : undefined
    if (!page) return
    images.value = merged(images.value ?? [], page.items)
    cursor.value = page.next
  })

  async function hear({ type, stream }: RecordedEvent): Promise<void> {
    const id = imageOf(stream)
    if (id === null) return
    if (type === 'ImagePurged' || (type === 'ImageTrashed' && id !== apart.value?.id)) return drop(id)
    if (APPEARED.includes(type) || isShown(id) || asked.has(id)) {
      changed.add(id)
      await attempt(renew)
    }
  }

  const isShown = (id: string) => id === opened.value || (images.value?.some((image) => image.id === id) ?? false)

  /** Each that was told of, or all where they are many. */
  const renew = coalesced(async () => {
    asked = new Set(changed)
    changed.clear()
    if (asked.size > MOST_ONE_BY_ONE) await load()
    else take(await Promise.all([...asked].map((id) => desk.image(id))))
  })

  /** What is in the trash is shown only where it was opened by itself. */
  function take(arrived: readonly Image[]): void {
    apart.value = arrived.find(({ id }) => id === apart.value?.id) ?? apart.value
    for (const { id, trashed } of arrived) if (trashed && id !== apart.value?.id) drop(id)
    images.value = merged(images.value ?? [], arrived).filter(({ trashed }) => !trashed)
  }

  /** It is no longer shown; where it was opened, the next one is. */
  function drop(id: string): void {
    if (opened.value === id) opened.value = (older.value ?? newer.value)?.id ?? null
    images.value = images.value?.filter((image) => image.id !== id) ?? null
  }

  /** Open any picture, also one that is far back or in the trash. */
  async function show(id: string): Promise<void> {
    if (!isShown(id)) apart.value = await attempt(() => desk.image(id)) ?? null
    open(id)
  }

  function open(id: string): void {
    opened.value = id
  }

  function close(): void {
    opened.value = null
  }

  async function step(towards: 1 | -1): Promise<void> {
    if (towards === 1 && !older.value) await loadMore()
    const next = beside(towards)
    if (next) opened.value = next.id
  }

  /** Reusing everything leads back to the form; a part of it is often taken while looking on. */
  function reuse(what: Reused): void {
    const image = openedImage.value
    if (!image) return
    useGenerate().recall(image.recipe, image.seed, what)
    useAlerts().show({ level: 'info', title: REUSED[what], words: '' })
    if (what === 'all') close()
  }

  /** The text is that of the file itself, so that another program reads the same from either. */
  async function copyParameters(): Promise<void> {
    const image = openedImage.value
    const file = image && await attempt(() => desk.file(image.file))
    if (!file) return
    const title = await navigator.clipboard.writeText(pngText(file).get('parameters') ?? '')
      .then(() => 'Settings copied, as A1111 writes them', () => 'This browser does not let the page copy')
    useAlerts().show({ level: 'info', title, words: '' })
  }

  return { images, cursor, opened, openedImage, older, newer, canvas, load, loadMore, hear, take, drop, open, show, close, step, reuse, copyParameters }
})
