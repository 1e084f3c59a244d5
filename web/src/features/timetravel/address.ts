import { watch } from 'vue'
import { useRoute } from 'vue-router'
import { useTravel } from './store'

/** `?as_of=N` → N; null for now, and for what is no position. */
export function positionOf(given: unknown): number | null {
  return typeof given === 'string' && /^\d{1,15}$/.test(given) ? Number(given) : null
}

/** The page shows the moment that its address names, also after a reload. */
export function useAddress(): void {
  const route = useRoute()
  const travel = useTravel()
  watch(() => positionOf(route.query.as_of), (position) => void travel.follow(position), { immediate: true })
}
