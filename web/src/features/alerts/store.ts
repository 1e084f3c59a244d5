import { defineStore } from 'pinia'
import { ref } from 'vue'
import { ProblemError, UNREACHABLE } from '../../api/client'
import type { LiveAlert, Problem, RecordedEvent } from '../../api/types'
import { isDenied, useSession } from '../session/store'

export interface Told {
  level: LiveAlert['level']
  title: string
  words: string
  advice?: string
  code?: string
  generation?: string | null
  action?: { label: string; run: () => void }
}

export type Alert = Told & { key: number }

/** An error stays until it is dismissed: the person may be away while pictures are made. */
const SHOWN_MS = { info: 5000, warning: 12_000 }
const SHOWN_WITH_ACTION_MS = 12_000
const MOST = 4

/** The same words again replace the ones that are shown; only the newest few stay. */
export function withAlert(alerts: readonly Alert[], { key, level, title, words, advice, code, generation, action }: Alert): Alert[] {
  const others = alerts.filter((shown) => shown.title !== title || shown.words !== words)
  return [...others, { key, level, title, words, advice, code, generation, action }].slice(-MOST)
}

/** While the desk can't be reached the page says so by itself, and nothing needs to be dismissed. */
function toldBy({ status, title, detail, advice, code }: Problem): Told {
  return { level: status === 0 ? 'warning' : 'error', title, words: detail, advice, code }
}

export const useAlerts = defineStore('alerts', () => {
  const alerts = ref<Alert[]>([])
  let lastKey = 0

  /** The key by which it is dismissed. */
  function show(told: Told): number {
    const key = ++lastKey
    alerts.value = withAlert(alerts.value, { ...told, key })
    if (told.level !== 'error') window.setTimeout(dismiss, told.action ? SHOWN_WITH_ACTION_MS : SHOWN_MS[told.level], key)
    return key
  }

  function dismiss(key: number): void {
    alerts.value = alerts.value.filter((alert) => alert.key !== key)
  }

  /** What was told of work that now goes on, or that nobody wants any more, needs no dismissing. */
  function hear({ type, stream }: RecordedEvent): void {
    if (type !== 'GenerationRetried' && type !== 'GenerationCancelled') return
    alerts.value = alerts.value.filter(({ level, generation }) => level !== 'error' || stream !== `generation-${generation}`)
  }

  function reached(): void {
    alerts.value = alerts.value.filter(({ code }) => code !== UNREACHABLE)
  }

  /** Runs what a person asked for. A refusal is told in its own words; the answer is then undefined. */
  async function attempt<Answer>(action: () => Promise<Answer>): Promise<Answer | undefined> {
    try {
      return await action()
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error
      if (isDenied(error)) await useSession().check()
      else show(toldBy(error.problem))
      return undefined
    }
  }

  return { alerts, show, dismiss, hear, reached, attempt }
})
