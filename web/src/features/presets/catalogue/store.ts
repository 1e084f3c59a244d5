import { defineStore } from 'pinia'
import { ref } from 'vue'
import { desk } from '../../../api/desk'
import type { CatalogueModel, Licence } from '../../../api/types'
import { coalesced } from '../../../lib/coalesced'
import { useAlerts } from '../../alerts/store'
import type { Told } from '../../alerts/store'
import { restored, verdict } from './words'

/** What comes with the desk, whether it is whole, and its licences. */
export const useCatalogue = defineStore('catalogue', () => {
  const models = ref<CatalogueModel[] | null>(null)
  const busy = ref<{ id: string; deed: 'check' | 'restore' } | null>(null)
  const licence = ref<Licence & { of: string } | null>(null)
  const { attempt, show } = useAlerts()

  const load = coalesced(async () => { models.value = (await desk.catalogue()).items })

  /** A file came, went or was read; nobody has asked for the list before it was first shown. */
  function hear(): void {
    if (models.value) void attempt(load)
  }

  const check = ({ id }: CatalogueModel) => settle(id, 'check', () => desk.checkCatalogueModel(id), verdict)
  const restore = ({ id }: CatalogueModel) => settle(id, 'restore', () => desk.restoreCatalogueModel(id), restored)

  async function settle(id: string, deed: 'check' | 'restore', ask: () => Promise<CatalogueModel>, told: (found: CatalogueModel) => Told): Promise<void> {
    busy.value = { id, deed }
    const found = await attempt(ask)
    busy.value = null
    if (!found) return
    models.value = (models.value ?? []).map((one) => (one.id === id ? found : one))
    show(told(found))
  }

  async function showLicence({ id, name }: CatalogueModel): Promise<void> {
    const found = await attempt(() => desk.licence(id))
    if (found) licence.value = { ...found, of: name }
  }

  function closeLicence(): void {
    licence.value = null
  }

  return { models, busy, licence, load, hear, check, restore, showLicence, closeLicence }
})
