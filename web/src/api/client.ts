import type { Address, Answer, Body, Query } from './contract'
import type { NamedFile } from '../lib/save'
import { isRefused, placed } from './moment'
import type { Problem } from './types'

/** The code of the problem that the desk doesn't answer at all. */
export const UNREACHABLE = 'desk_unreachable'

const PAST = 'This is the desk as it was'

export class ProblemError extends Error {
  constructor(readonly problem: Problem) {
    super(problem.title)
  }
}

/** Like the others, raises ProblemError, also where the desk can't be reached or the answer isn't its own. */
export function get<P extends Address<'get'>>(path: P, query?: Query<'get', P>): Promise<Answer<'get', P>> {
  const asked = Object.entries(query ?? {}).flatMap(([key, value]) => given(value).map((one) => [key, one]))
  const from = placed(path)
  return call('GET', asked.length ? `${from}?${new URLSearchParams(asked)}` : from)
}

/** A list names its key once for each; what is null or left out is not asked for. */
function given(value: unknown): string[] {
  if (value === null || value === undefined) return []
  return Array.isArray(value) ? value.map(String) : [String(value)]
}

/** What it leads to is remembered under the account, where one is given, and can be undone by that. */
export function post<P extends Address<'post'>>(path: P, body?: Body<'post', P>, account?: string): Promise<Answer<'post', P>> {
  return call('POST', path, body, account)
}

export function put<P extends Address<'put'>>(path: P, body: Body<'put', P>, account?: string): Promise<Answer<'put', P>> {
  return call('PUT', path, body, account)
}

export function patch<P extends Address<'patch'>>(path: P, body: Body<'patch', P>, account?: string): Promise<Answer<'patch', P>> {
  return call('PATCH', path, body, account)
}

/** True once it is done: there is nothing to be answered. */
export async function remove(path: Address<'delete'>, account?: string): Promise<true> {
  await answered('DELETE', path, undefined, account)
  return true
}

/** A file of the desk's, by the address that it gave. */
export async function bytes(path: string): Promise<ArrayBuffer> {
  return (await answered('GET', path)).arrayBuffer()
}

/** One that the desk gives a name to. */
export async function named(path: string): Promise<NamedFile> {
  const response = await answered('GET', path)
  const [, name] = /filename="([^"]+)"/.exec(response.headers.get('content-disposition') ?? '') ?? []
  return { name: name ?? 'ddesk', content: await response.blob() }
}

async function call<Told>(method: string, path: string, body?: unknown, account?: string): Promise<Told> {
  return (await (await answered(method, path, body, account)).json()) as Told
}

async function answered(method: string, path: string, body?: unknown, account?: string): Promise<Response> {
  if (isRefused(method, path)) throw new ProblemError(problem(409, 'read_only_past', PAST, 'Go back to now to change something.'))
  const response = await send(method, path, body, account)
  if (!response.ok) throw new ProblemError(await problemOf(response))
  return response
}

async function send(method: string, path: string, body: unknown, account?: string): Promise<Response> {
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(account === undefined ? {} : { 'x-request-id': account }),
  }
  try {
    return await fetch(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) })
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
