/** Stands in for @iconify/vue (see vite.config.ts): only bundled icons, and no way to reach the network. */
import { addIcon as add } from '@iconify/vue/offline'
import type { IconifyIcon } from '@iconify/vue/offline'

export { Icon } from '@iconify/vue/offline'

const known = new Set<string>()

/** Nuxt UI asks for `lucide:x` and for `lucide-x`, and the offline build knows only the literal name. */
export function addIcon(name: string, icon: IconifyIcon): boolean {
  for (const spelling of [name, name.replace(':', '-')]) {
    known.add(spelling)
    add(spelling, icon)
  }
  return true
}

export function iconLoaded(name: string): boolean {
  return known.has(name)
}
