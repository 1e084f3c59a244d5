import { onMounted, onScopeDispose, ref } from 'vue'
import type { Ref, ShallowRef } from 'vue'

/** How far an element is scrolled and how high it is, once a frame; `place` scrolls it. */
export function useScrolled(element: Readonly<ShallowRef<HTMLElement | null>>): {
  top: Ref<number>
  height: Ref<number>
  place: (top: number) => void
} {
  const top = ref(0)
  const height = ref(0)
  let frame = 0

  function read(): void {
    frame = 0
    top.value = element.value?.scrollTop ?? 0
    height.value = element.value?.clientHeight ?? 0
  }

  function soon(): void {
    frame ||= requestAnimationFrame(read)
  }

  function place(wanted: number): void {
    if (element.value) element.value.scrollTop = wanted
    read()
  }

  const observer = new ResizeObserver(soon)
  onMounted(() => {
    read()
    if (!element.value) return
    observer.observe(element.value)
    element.value.addEventListener('scroll', soon, { passive: true })
  })
  onScopeDispose(() => {
    observer.disconnect()
    cancelAnimationFrame(frame)
  })
  return { top, height, place }
}
