import { createRouter, createWebHistory } from 'vue-router'
import GenerateScreen from './features/generate/GenerateScreen.vue'

export const router = createRouter({
  history: createWebHistory(),
  routes: [
    { path: '/', component: GenerateScreen },
    { path: '/system', component: () => import('./features/system/SystemScreen.vue') },
    { path: '/settings', component: () => import('./features/system/SettingsScreen.vue') },
    { path: '/:rest(.*)*', redirect: '/' },
  ],
})
