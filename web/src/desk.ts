import { desk } from './api/desk'
import { useAlerts } from './features/alerts/store'
import { useGenerate } from './features/generate/store'
import { useQueue } from './features/queue/store'
import { useSession } from './features/session/store'
import { useSystem } from './features/system/store'
import { useProgress } from './features/viewer/progress'
import { useViewer } from './features/viewer/store'
import type { RecordedEvent } from './api/types'
import { useLive } from './live/store'
import type { Listener } from './live/store'

/** Reads the lists and listens to what changes them. The log's position is read first, so that no event falls between. */
export async function openDesk(): Promise<void> {
  const { attempt } = useAlerts()
  const system = await attempt(desk.system)
  if (!system) return
  useSystem().system = system
  useLive().open(system.log_position, listener())
  await readLists()
}

async function readLists(): Promise<void> {
  const { attempt } = useAlerts()
  await Promise.all([useGenerate().load, useQueue().load, useViewer().load].map(attempt))
}

function listener(): Listener {
  return {
    heard(message) {
      switch (message.type) {
        case 'event': return hear(message.event)
        case 'progress': return useProgress().advance(message)
        case 'preview': return useProgress().show(message)
        case 'memory': return useSystem().sample(message)
        case 'alert': return useAlerts().show(message)
      }
    },
    reset: () => void Promise.all([readLists(), useSystem().load()]),
    refused: () => void useSession().check(),
  }
}

function hear(event: RecordedEvent): void {
  useQueue().hear(event)
  useProgress().hear(event)
  void useViewer().hear(event)
  useSystem().hear(event)
}
