import { shallowRef, watch } from 'vue'
import type { ShallowRef } from 'vue'
import { desk } from '../../api/desk'
import type { EventStory } from '../../api/types'
import { useAlerts } from '../alerts/store'

/** The story of the event that is opened; null until it is read. */
export function useStory(position: () => number): { story: ShallowRef<EventStory | null> } {
  const story = shallowRef<EventStory | null>(null)
  const { attempt } = useAlerts()
  watch(position, async (asked) => {
    const found = await attempt(() => desk.event(asked))
    if (found && asked === position()) story.value = found
  }, { immediate: true })
  return { story }
}
