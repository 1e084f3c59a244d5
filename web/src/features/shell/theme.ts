import { defineStore } from 'pinia'
import { computed, ref, watchEffect } from 'vue'

export type Theme = 'system' | 'dark' | 'light'

// public/theme.js reads the same key before the page is drawn.
const KEY = 'ddesk.theme'
const ORDER: readonly Theme[] = ['system', 'dark', 'light']

export const useTheme = defineStore('theme', () => {
  const media = matchMedia('(prefers-color-scheme: dark)')
  const systemDark = ref(media.matches)
  media.addEventListener('change', ({ matches }) => { systemDark.value = matches })

  const theme = ref<Theme>(ORDER.find((one) => one === localStorage.getItem(KEY)) ?? 'system')
  const dark = computed(() => theme.value === 'dark' || (theme.value === 'system' && systemDark.value))

  watchEffect(() => {
    const { classList } = document.documentElement
    classList.toggle('dark', dark.value)
    classList.toggle('light', !dark.value)
  })

  function choose(next: Theme): void {
    theme.value = next
    localStorage.setItem(KEY, next)
  }

  return { theme, dark, choose }
})
