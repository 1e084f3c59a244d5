import { markRaw } from 'vue'
import type { Component } from 'vue'
import CatalogueModels from './catalogue/CatalogueModels.vue'
import ImagePresets from './ImagePresets.vue'
import LanguagePresets from './language/LanguagePresets.vue'
import ModelFiles from './ModelFiles.vue'

export interface Tab {
  value: string
  label: string
  icon: string
  panel: Component
}

/** What the Models screen shows, each by a component of its own. */
export const TABS: Tab[] = [
  { value: 'image', label: 'Image presets', icon: 'i-lucide-image', panel: markRaw(ImagePresets) },
  { value: 'language', label: 'Language presets', icon: 'i-lucide-message-square-text', panel: markRaw(LanguagePresets) },
  { value: 'files', label: 'Model files', icon: 'i-lucide-file-box', panel: markRaw(ModelFiles) },
  { value: 'catalogue', label: 'Catalogue', icon: 'i-lucide-library', panel: markRaw(CatalogueModels) },
]

/** `?tab=files` → files; the first one for what names none. */
export function tabOf(named: unknown): string {
  return TABS.find(({ value }) => value === named)?.value ?? 'image'
}
