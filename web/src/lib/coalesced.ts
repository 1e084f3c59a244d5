/** Runs `action` at once, and once more after it where it was asked for again meanwhile: never two at a time. */
export function coalesced(action: () => Promise<void>): () => Promise<void> {
  let running = Promise.resolve()
  let busy = false
  let again = false

  async function run(): Promise<void> {
    try {
      do {
        again = false
        await action()
      } while (again)
    } finally {
      busy = false // at once: who asks from now on is not taken for one who asked meanwhile
    }
  }

  return () => {
    if (busy) again = true
    else {
      busy = true
      running = run()
    }
    return running
  }
}
