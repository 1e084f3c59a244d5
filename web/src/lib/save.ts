export interface NamedFile {
  name: string
  content: Blob
}

const KEPT_MS = 60_000

/** Hands a file to the browser, which puts it where downloads go. */
export function save({ name, content }: NamedFile): void {
  const url = URL.createObjectURL(content)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  window.setTimeout(() => { URL.revokeObjectURL(url) }, KEPT_MS)
}
