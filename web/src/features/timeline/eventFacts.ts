import type { TimelineEntry } from '../../api/types'
import { who } from './sentences'
import { exactly } from './times'

export function factsOf(entry: TimelineEntry): { name: string; value: string }[] {
  return [
    { name: 'When', value: exactly(entry.recorded_at) },
    { name: 'Who', value: who(entry.actor) },
    { name: 'Type', value: entry.schema > 1 ? `${entry.type}, version ${entry.schema}` : entry.type },
    { name: 'Stream', value: `${entry.stream}, ${entry.version}` },
    { name: 'Command', value: entry.command_id },
    { name: 'Correlation', value: entry.correlation_id },
  ]
}

/** The picture that it is about, if it is about one. */
export function pictureOf({ about }: TimelineEntry): string | null {
  return about.images[0] ?? null
}
