import type { Problem } from './types'

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title)
  }
}

type Method = 'GET' | 'POST' | 'PUT'

/** Raises ProblemError, also where the desk can't be reached or the answer isn't its own. */
export async function call<Answer>(method: Method, path: string, body?: unknown): Promise<Answer> {
  const response = await send(method, path, body)
  if (!response.ok) throw new ProblemError(await problemOf(response))
  return (await response.json()) as Answer
}

async function send(method: Method, path: string, body: unknown): Promise<Response> {
  const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  try {
    return await fetch(path, { method, ...content })
  } catch {
    const advice = 'Start ddesk again if it was closed: this page reconnects by itself.'
    throw new ProblemError(problem(0, 'desk_unreachable', 'The desk doesn’t answer', advice))
  }
}

async function problemOf(response: Response): Promise<Problem> {
  if (response.headers.get('content-type')?.startsWith('application/problem+json')) {
    return (await response.json()) as Problem
  }
  return problem(response.status, 'unexpected_answer', `The desk answered ${response.status}`, 'Try again; its log says more.')
}

/** One that the page itself found. */
function problem(status: number, code: string, title: string, advice: string): Problem {
  return { type: 'about:blank', status, code, title, advice, detail: '', request_id: '', facts: {} }
}
