import { createRouter, createWebHistory } from 'vue-router'
import GenerateScreen from './features/generate/GenerateScreen.vue'
import { launchCode } from './features/session/store'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: GenerateScreen },
    { path: '/system', component: () => import('./features/system/SystemScreen.vue') },
    { path: '/settings', component: () => import('./features/system/SettingsScreen.vue') },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})

/** A launch code works once, and addresses are kept and shared. */
router.beforeEach((to) => (launchCode(to.hash) === null ? true : { ...to, hash: '', replace: true }))
