import { defineStore } from 'pinia'
import { computed, ref, watch } from 'vue'
import { desk } from '../../api/desk'
import { isPast } from '../../api/moment'
import type { Choices, ImagePreset, Recipe, RecordedEvent } from '../../api/types'
import { coalesced } from '../../lib/coalesced'
import { kept } from '../../lib/kept'
import { useAlerts } from '../alerts/store'
import { useUndo } from '../undo/store'
import { admitForm, limitsOf, ownDefaults, RANDOM_SEED, requestOf, reuse, usesNegative, withDefaults } from './form'
import type { Placement, Reused } from './form'
import { remembered, used, walk } from './history'
import type { History } from './history'
import { resnapped, sizeOf, stops, swapped, withRatio } from './sizes'
import { changed, redone, undone, unedited } from './undo'
import type { Edits } from './undo'

export const useGenerate = defineStore('generate', () => {
  const form = kept('ddesk.form', admitForm)
  const past = kept('ddesk.prompts', (stored) => (Array.isArray(stored) ? stored.filter((one) => typeof one === 'string') : []))
  const presets = ref<ImagePreset[] | null>(null)
  const choices = ref<Choices | null>(null)
  const asking = ref(0)
  let wished: Placement | null = null
  let history: History = remembered(past.value)
  let edits = unedited(form.value.prompt)

  const preset = computed(() => presets.value?.find(({ id }) => id === form.value.preset) ?? null)
  const limits = computed(() => limitsOf(choices.value, preset.value))
  const sizeStops = computed(() => stops(form.value.size.ratio, limits.value))
  const negativeShown = computed(() => usesNegative(form.value))
  const worded = computed(() => form.value.prompt.trim() !== '')
  const ready = computed(() => preset.value?.available === true && worded.value)
  /** On its very first start a desk is there before its starter model is unpacked. */
  const unpacking = computed(() => presets.value?.length === 0 && !isPast())

  const load = coalesced(async () => {
    const [found, offered] = await Promise.all([desk.presets(), desk.choices()])
    presets.value = found.items
    choices.value = offered
    if (isPast()) return
    if (preset.value) form.value.size = resnapped(form.value.size, limits.value)
    else choosePreset((found.items.find(({ available }) => available) ?? found.items[0])?.id ?? '')
    if (wished && ready.value) await submit(wished)
  })

  /** Prompts that are forgotten are not kept in this browser either; which they were can't be told any more. */
  function hear(event: RecordedEvent): void {
    if (event.type === 'DataForgotten') forgetHistory()
    if (event.stream.startsWith('image_preset-')) void useAlerts().attempt(load)
  }

  function forgetHistory(): void {
    past.value = []
    history = remembered([])
    edits = unedited(form.value.prompt)
  }

  function choosePreset(id: string): void {
    const chosen = presets.value?.find((one) => one.id === id)
    if (chosen) form.value = withDefaults(form.value, chosen, limitsOf(choices.value, chosen))
  }

  function reset(): void {
    choosePreset(form.value.preset)
    Object.assign(form.value, { seed: RANDOM_SEED, batch: 1 })
  }

  /** Whether the form differs from what its preset starts with, and how. */
  const ownChanges = computed(() => (preset.value ? ownDefaults(form.value, preset.value) : {}))

  async function keepAsDefaults(): Promise<void> {
    const now = preset.value
    if (now) await useUndo().act(`“${now.name}” starts with these now`, (account) => desk.editPreset(now.id, ownChanges.value, account), true)
  }

  function setSides(width: number, height: number): void {
    form.value.size = sizeOf(width, height, limits.value)
  }

  function setRatio(ratio: number): void {
    form.value.size = withRatio(form.value.size, ratio, limits.value)
  }

  function setStop(at: number): void {
    form.value.size = sizeStops.value[at] ?? form.value.size
  }

  function swap(): void {
    form.value.size = swapped(form.value.size)
  }

  function recall(recipe: Recipe, seed: number, what: Reused): void {
    const next = reuse(form.value, recipe, seed, what, limits.value)
    const known = presets.value?.some(({ id }) => id === next.preset) ?? false
    form.value = known ? next : { ...next, preset: form.value.preset }
  }

  function walkHistory(step: 1 | -1): void {
    const { prompt, ...walked } = walk(history, form.value.prompt, step)
    history = walked
    form.value.prompt = prompt
  }

  watch(() => form.value.prompt, (prompt) => {
    if (prompt !== edits.present) edits = changed(edits, prompt, Date.now())
  }, { flush: 'sync' })

  function go(to: Edits): void {
    edits = to
    form.value.prompt = to.present
  }

  const undo = () => { go(undone(edits)) }
  const redo = () => { go(redone(edits)) }

  function wish(placement: Placement): void {
    wished = placement
    if (unpacking.value) useAlerts().show({ level: 'info', title: 'It starts by itself', words: 'The starter model is still being unpacked.' })
  }

  async function submit(placement: Placement): Promise<void> {
    if (worded.value && !presets.value?.length) return wish(placement)
    if (!ready.value) return
    wished = null
    const request = requestOf(form.value, placement)
    history = used(history, request.prompt)
    past.value = [...history.past]
    asking.value += 1
    await useUndo().act('Request for a picture', (account) => desk.generate(request, account))
    asking.value -= 1
  }

  return {
    form, presets, choices, preset, limits, sizeStops, negativeShown, ready, asking,
    unpacking, load, hear, choosePreset, reset, ownChanges, keepAsDefaults, setSides, setRatio, setStop, swap, recall, walkHistory, undo, redo, submit,
  }
})
