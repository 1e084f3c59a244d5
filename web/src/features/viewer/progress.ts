import { defineStore } from 'pinia'
import { ref } from 'vue'
import type { LiveProgress, RecordedEvent } from '../../api/types'
import type { Preview } from '../../live/messages'

const ENDINGS = ['GenerationCompleted', 'GenerationFailed', 'GenerationCancelled', 'GenerationInterrupted']

/** What workers say about work in hand; nobody stores it, so it ends with the work. */
export const useProgress = defineStore('progress', () => {
  const progress = ref<LiveProgress | null>(null)
  const preview = ref<{ generation: string; url: string } | null>(null)
  let shownBefore: string | null = null

  function advance(next: LiveProgress): void {
    progress.value = next
  }

  function show({ generation, picture }: Preview): void {
    preview.value = { generation, url: follow(URL.createObjectURL(picture)) }
  }

  /** The picture on the screen may still be the one before, so an address is revoked one picture late. */
  function follow(url: string): string {
    if (shownBefore) URL.revokeObjectURL(shownBefore)
    shownBefore = preview.value?.url ?? null
    return url
  }

  function hear(event: RecordedEvent): void {
    if (!ENDINGS.includes(event.type)) return
    const ended = event.stream.replace(/^generation-/, '')
    if (progress.value?.generation === ended) progress.value = null
    if (preview.value?.generation === ended) forgetPreview()
  }

  function forgetPreview(): void {
    if (shownBefore) URL.revokeObjectURL(shownBefore)
    shownBefore = preview.value?.url ?? null
    preview.value = null
  }

  return { progress, preview, advance, show, hear }
})
