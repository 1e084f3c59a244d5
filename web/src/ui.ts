/** The parts of Nuxt UI that the page uses, for every template. */
import UApp from '@nuxt/ui/components/App.vue'
import UBadge from '@nuxt/ui/components/Badge.vue'
import UButton from '@nuxt/ui/components/Button.vue'
import UDropdownMenu from '@nuxt/ui/components/DropdownMenu.vue'
import UIcon from '@nuxt/ui/components/Icon.vue'
import UInput from '@nuxt/ui/components/Input.vue'
import UInputNumber from '@nuxt/ui/components/InputNumber.vue'
import UKbd from '@nuxt/ui/components/Kbd.vue'
import UModal from '@nuxt/ui/components/Modal.vue'
import USelect from '@nuxt/ui/components/Select.vue'
import USkeleton from '@nuxt/ui/components/Skeleton.vue'
import USlideover from '@nuxt/ui/components/Slideover.vue'
import USlider from '@nuxt/ui/components/Slider.vue'
import USwitch from '@nuxt/ui/components/Switch.vue'
import UTabs from '@nuxt/ui/components/Tabs.vue'
import UTextarea from '@nuxt/ui/components/Textarea.vue'
import UTooltip from '@nuxt/ui/components/Tooltip.vue'
import type { Plugin } from 'vue'

const parts = {
  UApp, UBadge, UButton, UDropdownMenu, UIcon, UInput, UInputNumber, UKbd, UModal,
  USelect, USkeleton, USlideover, USlider, USwitch, UTabs, UTextarea, UTooltip,
}
type Parts = typeof parts

declare module 'vue' {
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- merging is how Vue learns of global components
  interface GlobalComponents extends Parts {}
}

export const components: Plugin = (app) => {
  for (const [name, part] of Object.entries(parts)) app.component(name, part)
}
