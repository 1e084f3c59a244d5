import type { Address, Answer, Body, Query } from './contract'
import type { Problem } from './types'

/** The code of the problem that the desk doesn't answer at all. */
export const UNREACHABLE = 'desk_unreachable'

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title)
  }
}

/** Like the others, raises ProblemError, also where the desk can't be reached or the answer isn't its own. */
export function get<P extends Address<'get'>>(path: P, query?: Query<'get', P>): Promise<Answer<'get', P>> {
  const asked = Object.entries(query ?? {}).filter(([, value]) => value !== null)
  return call('GET', asked.length ? `${path}?${new URLSearchParams(asked.map(([key, value]) => [key, String(value)]))}` : path)
}

export function post<P extends Address<'post'>>(path: P, body?: Body<'post', P>): Promise<Answer<'post', P>> {
  return call('POST', path, body)
}

export function put<P extends Address<'put'>>(path: P, body: Body<'put', P>): Promise<Answer<'put', P>> {
  return call('PUT', path, body)
}

/** A file of the desk's, by the address that it gave. */
export async function bytes(path: string): Promise<ArrayBuffer> {
  return (await answered('GET', path)).arrayBuffer()
}

async function call<Told>(method: string, path: string, body?: unknown): Promise<Told> {
  return (await (await answered(method, path, body)).json()) as Told
}

async function answered(method: string, path: string, body?: unknown): Promise<Response> {
  const response = await send(method, path, body)
  if (!response.ok) throw new ProblemError(await problemOf(response))
  return response
}

async function send(method: string, path: string, body: unknown): Promise<Response> {
  const content = body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  try {
    return await fetch(path, { method, ...content })
  } catch {
    const advice = 'Start ddesk again if it was closed: this page reconnects by itself.'
    throw new ProblemError(problem(0, UNREACHABLE, 'The desk doesn’t answer', advice))
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
