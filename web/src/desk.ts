import type { LiveMemory, RecordedEvent } from './api/types'
import { useAlerts } from './features/alerts/store'
import { useEstimate } from './features/generate/estimate'
import { useGenerate } from './features/generate/store'
import { useErrors } from './features/memory/errors'
import { useMemoryHistory } from './features/memory/history'
import { useWhy } from './features/memory/store'
import { useOrigin } from './features/origin/store'
import { useCatalogue } from './features/presets/catalogue/store'
import { useLanguagePresets } from './features/presets/language/store'
import { useQueue } from './features/queue/store'
import { useLoading } from './features/presets/loading'
import { useModels } from './features/presets/models'
import { useSession } from './features/session/store'
import { useBackups } from './features/system/backups'
import { useSettings } from './features/system/settings'
import { useSystem } from './features/system/store'
import { useTrash } from './features/system/trash'
import { useTravel } from './features/timetravel/store'
import { useTimeline } from './features/timeline/store'
import { useProgress } from './features/viewer/progress'
import { useViewer } from './features/viewer/store'
import { useLive } from './live/store'

/** Lets every store read what it shows, and hear what changes it. */
export function openDesk(): void {
  useLive().open({
    read,
    heard(message) {
      if (message.type === 'shadow') return useTravel().tell(message)
      if (useTravel().past && PRESENT.has(message.type)) return useTravel().hear(message)
      switch (message.type) {
        case 'event': return hear(message.event)
        case 'progress': return useProgress().advance(message)
        case 'preview': return useProgress().show(message)
        case 'memory': return sample(message)
        case 'loading': return useLoading().hear(message)
        case 'models': return relist()
        case 'alert': return useAlerts().show(useWhy().explained(message))
      }
    },
    refused: () => void useSession().check(),
  })
}

/** What the past is not concerned with. */
const PRESENT = new Set(['event', 'progress', 'preview'])

async function read(): Promise<boolean> {
  const { attempt } = useAlerts()
  const loads = [
    useSystem().load, useGenerate().load, useQueue().load, useViewer().load, useTimeline().reload, useErrors().reload,
    useLanguagePresets().reload,
  ]
  const done = await Promise.all(loads.map((load) => attempt(() => load().then(() => true))))
  return done.every((one) => one === true)
}

/** A preset's files may have come or gone. */
function relist(): void {
  useModels().hear()
  useCatalogue().hear()
  void useAlerts().attempt(useGenerate().load)
}

function sample(message: LiveMemory): void {
  useSystem().sample(message)
  useMemoryHistory().sample(message)
}

function hear(event: RecordedEvent): void {
  useQueue().hear(event)
  useGenerate().hear(event)
  useLanguagePresets().hear(event)
  useEstimate().hear(event)
  useProgress().hear(event)
  useAlerts().hear(event)
  void useViewer().hear(event)
  void useOrigin().hear(event)
  useSystem().hear(event)
  useBackups().hear(event)
  useTimeline().hear(event)
  useSettings().hear(event)
  useTrash().hear(event)
  useWhy().hear(event)
  useMemoryHistory().hear(event)
  useErrors().hear(event)
}
