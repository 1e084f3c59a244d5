import { defineStore } from 'pinia'
import { ref } from 'vue'
import { ProblemError } from '../../api/client'
import { desk } from '../../api/desk'
import type { Problem } from '../../api/types'
import { useAlerts } from '../alerts/store'

/** What a person did from this page. Everything that it led to goes by its account. */
export interface Deed {
  account: string
  words: string
  /** Of an event, where it was not done from this page. */
  position?: number
  /** What tells of it, until it is undone. */
  alert?: number
}

const MOST = 100

export const useUndo = defineStore('undo', () => {
  const done = ref<Deed[]>([])
  const undone = ref<Deed[]>([])
  const alerts = useAlerts()
  /** A person may want it undone before the desk has answered. */
  const underWay = new Map<string, Promise<unknown>>()

  /** Runs what a person asked for, so that it can be undone; `told` says so with a button, where nothing else shows it. */
  async function act<Answer>(words: string, action: (account: string) => Promise<Answer>, told = false): Promise<Answer | undefined> {
    const deed: Deed = { account: crypto.randomUUID(), words }
    const asking = alerts.attempt(() => action(deed.account))
    underWay.set(deed.account, asking)
    done.value = [...done.value, deed].slice(-MOST)
    const answer = await asking.finally(() => underWay.delete(deed.account))
    if (answer === undefined) done.value = without(done.value, deed)
    else {
      undone.value = []
      if (told && done.value.some(({ account }) => account === deed.account)) tell(deed, words, 'Undo', () => void undo(deed))
    }
    return answer
  }

  async function undo(deed = done.value.at(-1), force = false): Promise<void> {
    if (!deed) return say('Nothing to undo', 'What you do in this page from now on can be undone.')
    done.value = without(done.value, deed)
    if (underWay.has(deed.account) && await underWay.get(deed.account) === undefined) return
    const undoing = await takeBack(deed, force)
    if (!undoing) return
    undone.value = [...undone.value, undoing].slice(-MOST)
    tell(undoing, `Undone: ${deed.words}`, 'Redo', () => void redo(undoing))
  }

  /** An undo is undone as anything else is. */
  async function redo(undoing = undone.value.at(-1)): Promise<void> {
    if (!undoing) return
    undone.value = without(undone.value, undoing)
    const again = await takeBack(undoing, false)
    if (!again) return
    done.value = [...done.value, again].slice(-MOST)
    tell(again, `Done again: ${again.words}`, 'Undo', () => void undo(again))
  }

  /** What it was taken back by; null where nothing was, which is then told. */
  async function takeBack(deed: Deed, force: boolean): Promise<Deed | null> {
    const account = crypto.randomUUID()
    if (deed.alert !== undefined) alerts.dismiss(deed.alert)
    const answer = await alerts.attempt(async () => {
      try {
        return await (deed.position === undefined
          ? desk.undo(deed.account, force, account) : desk.undoEvent(deed.position, force, account))
      } catch (error) {
        if (!isSuperseded(error)) throw error
        ask(deed, error.problem)
        return undefined
      }
    })
    if (answer?.position === null) say('Nothing was left to undo', deed.words)
    return answer && answer.position !== null ? { account, words: deed.words } : null
  }

  function ask(deed: Deed, { detail }: Problem): void {
    const action = { label: 'Undo anyway', run: () => void undo(deed, true) }
    alerts.show({ level: 'warning', title: `Not undone: ${deed.words}`, words: detail, action })
  }

  function tell(deed: Deed, title: string, label: string, run: () => void): void {
    deed.alert = alerts.show({ level: 'info', title, words: '', action: { label, run } })
  }

  function say(title: string, words: string): void {
    alerts.show({ level: 'info', title, words })
  }

  const undoEvent = (position: number, words: string) => undo({ account: `event-${position}`, words, position })

  return { done, undone, act, undo, undoEvent, redo }
})

function without(deeds: readonly Deed[], { account }: Deed): Deed[] {
  return deeds.filter((one) => one.account !== account)
}

function isSuperseded(error: unknown): error is ProblemError {
  return error instanceof ProblemError && error.problem.code === 'undo_superseded'
}
