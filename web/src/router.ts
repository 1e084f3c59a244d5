import { createRouter, createWebHistory } from 'vue-router'
import GenerateScreen from './features/generate/GenerateScreen.vue'
import { launchCode, useSession } from './features/session/store'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: GenerateScreen },
    { path: '/models', component: () => import('./features/presets/ModelsScreen.vue') },
    { path: '/timeline', component: () => import('./features/timeline/TimelineScreen.vue') },
    { path: '/system', component: () => import('./features/system/SystemScreen.vue') },
    { path: '/settings', component: () => import('./features/system/SettingsScreen.vue') },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

/** A launch code is used at once, and leaves the address bar: addresses are kept and shared. */
router.beforeEach((to) => {
  const code = launchCode(to.hash)
  if (code === null) return true
  void useSession().signIn(code)
  return { ...to, hash: '', replace: true }
})
