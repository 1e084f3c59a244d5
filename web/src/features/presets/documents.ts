/** A preset that a desk exported, as far as the page can tell: the desk looks at the rest. */
export function documentIn<Document>(text: string): Document | null {
  try {
    const found: unknown = JSON.parse(text)
    return typeof found === 'object' && found !== null && 'format' in found ? (found as Document) : null
  } catch {
    return null
  }
}
