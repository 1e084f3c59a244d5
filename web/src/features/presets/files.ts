/** Model files in words. */
import type { Model } from '../../api/types'

/** Those in which every word occurs: in the name, what it is, or its family. */
export function found(models: readonly Model[], text: string): Model[] {
  const words = text.toLowerCase().split(/\s+/)
  return models.filter(({ name, title, kind, family, quantisation }) => {
    const said = `${name} ${title} ${kind} ${family} ${quantisation}`.toLowerCase()
    return words.every((word) => said.includes(word))
  })
}

/** `FLUX.1 transformer · FLUX.1 · f16`. */
export function kindWords({ inspected, title, quantisation }: Model, family: string): string {
  if (!inspected) return 'Not looked into yet'
  return [title || 'Of no known kind', family, quantisation].filter((words) => words !== '').join(' · ')
}
