import { KINDS } from './filters'

interface Look {
  icon: string
  tint: string
}

const TROUBLE: Record<string, Look> = {
  GenerationFailed: { icon: 'i-lucide-octagon-alert', tint: 'text-error' },
  GenerationInterrupted: { icon: 'i-lucide-triangle-alert', tint: 'text-warning' },
  ImageMissing: { icon: 'i-lucide-image-off', tint: 'text-warning' },
  JobFailed: { icon: 'i-lucide-octagon-alert', tint: 'text-error' },
  JobInterrupted: { icon: 'i-lucide-triangle-alert', tint: 'text-warning' },
  WorkerLost: { icon: 'i-lucide-unplug', tint: 'text-error' },
  WorkerQuarantined: { icon: 'i-lucide-octagon-alert', tint: 'text-error' },
}

const SPECIAL: Record<string, string> = {
  ImageRated: 'i-lucide-star',
  ImageFavorited: 'i-lucide-heart',
  ImageUnfavorited: 'i-lucide-heart-off',
  ImageTagged: 'i-lucide-tag',
  ImageUntagged: 'i-lucide-tag',
  ImageTrashed: 'i-lucide-trash-2',
  ImageRestored: 'i-lucide-archive-restore',
  ImagePurged: 'i-lucide-flame',
  QueuePaused: 'i-lucide-pause',
  QueueResumed: 'i-lucide-play',
  GenerationCancelled: 'i-lucide-x',
}

/** The icon of what happened; what went wrong stands out. */
export function lookOf({ type, kind }: { type: string; kind: string }): Look {
  const usual = KINDS.find(({ name }) => name === kind)?.icon ?? 'i-lucide-circle-dot'
  return TROUBLE[type] ?? { icon: SPECIAL[type] ?? usual, tint: 'text-muted' }
}
