/** The API's shapes under short names. `schema.gen.ts` is generated from the server's OpenAPI document. */
import type { components } from './schema.gen'

type Schemas = components['schemas']

export type Choice = Schemas['Choice']
export type Choices = Schemas['Choices']
export type Generation = Schemas['Generation']
export type GenerationRequest = Schemas['GenerationRequest']
export type Image = Schemas['Image']
export type ImagePreset = Schemas['ImagePreset']
export type Memory = Schemas['Memory']
export type Problem = Schemas['Problem']
export type Queue = Schemas['Queue']
export type Recipe = Schemas['Recipe']
export type RecordedEvent = Schemas['RecordedEvent']
export type Session = Schemas['Session']
export type Setting = Schemas['Setting']
export type System = Schemas['System']
export type Worker = Schemas['Worker']

export type LiveAlert = Schemas['LiveAlert']
export type LiveProgress = Schemas['LiveProgress']
export type LiveMemory = Schemas['LiveMemory']
export type LiveMessage = Schemas['LiveReady'] | Schemas['LiveEvent'] | LiveProgress | LiveMemory | LiveAlert
