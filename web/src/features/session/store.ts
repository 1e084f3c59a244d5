import { defineStore } from 'pinia'
import { ref } from 'vue'
import { ProblemError } from '../../api/client'
import { desk } from '../../api/desk'
import type { Problem } from '../../api/types'

export type SessionState =
  | { kind: 'checking' }
  | { kind: 'signed_in'; version: string }
  | { kind: 'signed_out'; usedCode: boolean }
  | { kind: 'unreachable'; problem: Problem }

/** The one-time code in the address that `ddesk` opens. */
export function launchCode(hash: string): string | null {
  return new URLSearchParams(hash.replace(/^#/, '')).get('code')
}

export function isDenied(error: unknown): boolean {
  return error instanceof ProblemError && error.problem.status === 401
}

/** What a failed question says. A page that is signed in stays so while the desk is away. */
export function afterFailure(state: SessionState, error: unknown): SessionState {
  if (!(error instanceof ProblemError)) throw error
  if (isDenied(error)) return { kind: 'signed_out', usedCode: false }
  return state.kind === 'signed_in' ? state : { kind: 'unreachable', problem: error.problem }
}

export const useSession = defineStore('session', () => {
  const state = ref<SessionState>({ kind: 'checking' })

  async function ask(question: () => Promise<{ version: string }>): Promise<void> {
    try {
      state.value = { kind: 'signed_in', version: (await question()).version }
    } catch (error) {
      state.value = afterFailure(state.value, error)
    }
  }

  const check = () => ask(desk.session)

  /** A code that was used before doesn't matter to a browser that is signed in. */
  async function signIn(code: string): Promise<void> {
    await ask(() => desk.signIn(code))
    if (state.value.kind !== 'signed_out') return
    await check()
    if (state.value.kind === 'signed_out') state.value = { kind: 'signed_out', usedCode: true }
  }

  return { state, signIn, check }
})
