import { onScopeDispose, watch } from 'vue'
import type { ShallowRef } from 'vue'

/** Calls `reached` each time the element comes into sight. */
export function useEndReached(element: Readonly<ShallowRef<HTMLElement | null>>, reached: () => void): void {
  const observer = new IntersectionObserver((entries) => {
    if (entries.some(({ isIntersecting }) => isIntersecting)) reached()
  }, { rootMargin: '200px' })
  watch(element, (now, before) => {
    if (before) observer.unobserve(before)
    if (now) observer.observe(now)
  }, { flush: 'post', immediate: true })
  onScopeDispose(() => { observer.disconnect() })
}
