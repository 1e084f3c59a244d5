import { defineStore } from 'pinia'
import { ref } from 'vue'
import { kept } from '../../lib/kept'

export const useShell = defineStore('shell', () => {
  const collapsed = kept('ddesk.sidebarCollapsed', (stored) => stored === true)
  const keysShown = ref(false)
  return { collapsed, keysShown }
})
