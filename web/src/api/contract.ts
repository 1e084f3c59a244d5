/** The API's contract for the type checker: a wrong address, body or answer anywhere in the page doesn't compile. */
import type { paths } from './schema.gen'

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete'
type Filled<Path> = Path extends `${infer Before}{${string}}${infer After}` ? `${Before}${string}${Filled<After>}` : Path
type Same<A, B> = [A, B] extends [B, A] ? true : false
type Operation<M extends Method, P> = {
  [Path in keyof paths]: Same<P, Filled<Path>> extends true ? NonNullable<paths[Path][M]> : never
}[keyof paths]

/** The addresses that have this method, such as `/api/images/${string}`. */
export type Address<M extends Method> = {
  [Path in keyof paths]: NonNullable<paths[Path][M]> extends never ? never : Filled<Path>
}[keyof paths]

export type Body<M extends Method, P> =
  Operation<M, P> extends { requestBody: { content: { 'application/json': infer Content } } } ? Content : undefined

export type Query<M extends Method, P> =
  Operation<M, P> extends { parameters: { query?: infer Asked } } ? Asked : never

export type Answer<M extends Method, P> =
  Operation<M, P> extends { responses: infer Responses } ? ContentOf<Responses[keyof Responses & (200 | 201 | 202)]> : never

type ContentOf<Response> = Response extends { content: { 'application/json': infer Content } } ? Content : never
