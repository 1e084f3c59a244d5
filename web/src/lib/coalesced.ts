/** Runs `action` at once, and once more after it where it was asked for again meanwhile: never two at a time. */
export function coalesced(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | null = null
  let again = false

  async function run(): Promise<void> {
    do {
      again = false
      await action()
    } while (again)
  }

  return () => {
    if (running) again = true
    else running = run().finally(() => { running = null })
    return running
  }
}
