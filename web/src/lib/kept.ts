import { ref, watch } from 'vue'
import type { Ref } from 'vue'

/** A ref that outlives a reload. `admit` gives what was stored its shape, or the first value where it can't. */
export function kept<Value>(key: string, admit: (stored: unknown) => Value): Ref<Value> {
  const value = ref(admit(read(key))) as Ref<Value>
  watch(value, (now) => { localStorage.setItem(key, JSON.stringify(now)) }, { deep: true, flush: 'sync' })
  return value
}

function read(key: string): unknown {
  try {
    return JSON.parse(localStorage.getItem(key) ?? 'null')
  } catch {
    return null
  }
}
