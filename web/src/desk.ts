import type { RecordedEvent } from './api/types'
import { useAlerts } from './features/alerts/store'
import { useGenerate } from './features/generate/store'
import { useQueue } from './features/queue/store'
import { useSession } from './features/session/store'
import { useSystem } from './features/system/store'
import { useProgress } from './features/viewer/progress'
import { useViewer } from './features/viewer/store'
import { useLive } from './live/store'

/** Lets every store read what it shows, and hear what changes it. */
export function openDesk(): void {
  useLive().open({
    read,
    heard(message) {
      switch (message.type) {
        case 'event': return hear(message.event)
        case 'progress': return useProgress().advance(message)
        case 'preview': return useProgress().show(message)
        case 'memory': return useSystem().sample(message)
        case 'alert': return useAlerts().show(message)
      }
    },
    refused: () => void useSession().check(),
  })
}

async function read(): Promise<boolean> {
  const { attempt } = useAlerts()
  const loads = [useSystem().load, useGenerate().load, useQueue().load, useViewer().load]
  const done = await Promise.all(loads.map((load) => attempt(() => load().then(() => true))))
  return done.every((one) => one === true)
}

function hear(event: RecordedEvent): void {
  useQueue().hear(event)
  useGenerate().hear(event)
  useProgress().hear(event)
  useAlerts().hear(event)
  void useViewer().hear(event)
  useSystem().hear(event)
}
