import { defineStore } from 'pinia'
import { computed, ref } from 'vue'
import type { LocationQueryRaw, RouteLocationRaw } from 'vue-router'
import { desk } from '../../api/desk'
import { readAsOf } from '../../api/moment'
import type { AsOf, LiveShadow } from '../../api/types'
import type { Heard } from '../../live/messages'
import { useLive } from '../../live/store'
import { router } from '../../router'
import { useAlerts } from '../alerts/store'

/** Which moment the whole page shows. The address has it (`?as_of=N`): going there is what changes it. */
export const useTravel = defineStore('travel', () => {
  const past = ref<AsOf | null>(null)
  const opening = ref<{ position: number; done: number } | null>(null)
  const choosing = ref(false)
  const { attempt } = useAlerts()
  let turn = 0

  const shown = computed(() => choosing.value || past.value !== null || opening.value !== null)
  /** Nothing of that moment is there yet to be shown meanwhile. */
  const entering = computed(() => opening.value !== null && past.value === null)
  const query = computed<LocationQueryRaw>(() => (past.value ? { as_of: past.value.position } : {}))

  /** The same moment on another screen. */
  const to = (path: string): RouteLocationRaw => ({ path, query: query.value })

  const go = (position: number) => router.push({ query: { as_of: position } })

  /** What is asked for last is what is shown, however long the others take. */
  async function follow(position: number | null): Promise<void> {
    turn += 1
    if (position === null) return show(null)
    if (position === past.value?.position) return finish()
    opening.value = { position, done: 0 }
    const found = await opened(position, turn)
    if (found === 'superseded') return
    if (found) await show(found)
    else await leave()
  }

  function finish(): void {
    opening.value = null
  }

  async function opened(position: number, own: number): Promise<AsOf | 'superseded' | undefined> {
    for (;;) {
      const found = await attempt(() => desk.openMoment(position))
      if (own !== turn) return 'superseded'
      if (!found?.building) return found
      opening.value = { position, done: found.building.done }
    }
  }

  async function show(moment: AsOf | null): Promise<void> {
    const changed = moment?.position !== past.value?.position
    finish()
    past.value = moment
    readAsOf(moment?.position ?? null)
    if (changed) await useLive().reread()
  }

  async function leave(): Promise<void> {
    choosing.value = false
    await router.push({ query: {} })
    await follow(null)
  }

  async function toggle(): Promise<void> {
    if (shown.value) await leave()
    else choosing.value = true
  }

  async function step(by: 1 | -1): Promise<void> {
    const from = opening.value?.position ?? past.value?.position
    if (from === undefined) return
    const next = from + by
    if (next >= 0 && next <= (past.value?.head ?? next)) await go(next)
  }

  function tell({ position, done }: LiveShadow): void {
    if (opening.value?.position === position) opening.value = { position, done }
  }

  /** While the past is looked at, what happens now only makes the log longer. */
  function hear(message: Heard): void {
    if (message.type === 'event' && past.value) past.value = { ...past.value, head: message.event.position }
  }

  /** Brings a thing back to how it was in the moment that is shown. */
  async function bringBack(stream: string, key = ''): Promise<void> {
    const position = past.value?.position
    const told = position === undefined ? undefined : await attempt(() => desk.bringBack(position, stream, key))
    if (!told) return
    const title = told.changed ? 'It is again as it was then' : 'It is still as it was then'
    useAlerts().show({ level: 'info', title, words: told.changed ? 'Go back to now to see it.' : '' })
  }

  return { past, opening, choosing, shown, entering, query, to, go, follow, leave, toggle, step, tell, hear, bringBack }
})
