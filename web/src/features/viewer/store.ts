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

export const useViewer = defineStore('viewer', () => {
  const images = ref<Image[] | null>(null)
  const cursor = ref<string | null>(null)
  const opened = ref<string | null>(null)
  const queue = useQueue()
  const work = useProgress()
  const { attempt } = useAlerts()

  const canvas = computed(() => canvasOf({
    images: images.value, running: queue.shown.running, progress: work.progress, preview: work.preview,
  }))
  const openedImage = computed(() => images.value?.find(({ id }) => id === opened.value) ?? null)
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

  async function hear(event: RecordedEvent): Promise<void> {
    const id = imageOf(event.stream)
    const image = id ? await attempt(() => desk.image(id)) : undefined
    if (image) images.value = merged(images.value ?? [], [image])
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

  return { images, cursor, opened, openedImage, older, newer, canvas, load, loadMore, hear, open, close, step, reuse, copyParameters }
})
