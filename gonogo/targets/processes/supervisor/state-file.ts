import { open, readFile, rename } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { emptyState, type SavedState, savedStateSchema } from './saved-state.ts'

/** What the supervisor must know after its own end: written whole, synced, and put in place by a rename. */
export class StateFile {
  readonly state: SavedState
  readonly #path: string
  #saving: Promise<string | null> | null = null
  #next: Promise<string | null> | null = null

  private constructor(path: string, state: SavedState) {
    this.#path = path
    this.state = state
  }

  /** Reads the file, or begins an empty state. Throws when it is there and is not what it should be. */
  static async open(folder: string): Promise<StateFile> {
    const path = join(folder, 'supervisor.json')
    const text = await readFile(path, 'utf8').catch((error) => {
      if (error.code === 'ENOENT') return null
      throw error
    })
    return new StateFile(path, text === null ? emptyState() : savedStateSchema.parse(JSON.parse(text)))
  }

  /**
   * Saves the state as it is now or later; many calls make one write. Resolves to null, or to why it could not be
   * written: what was done is done then, and the next save keeps it.
   */
  save(): Promise<string | null> {
    if (!this.#saving) {
      this.#saving = this.#write().finally(() => {
        this.#saving = null
      })
      return this.#saving
    }
    this.#next ??= this.#saving.then(() => {
      this.#next = null
      return this.save()
    })
    return this.#next
  }

  async #write(): Promise<string | null> {
    const temporary = `${this.#path}.new`
    try {
      const file = await open(temporary, 'w', 0o600)
      try {
        await file.writeFile(JSON.stringify(this.state))
        await file.sync()
      } finally {
        await file.close()
      }
      await rename(temporary, this.#path)
      await syncFolder(dirname(this.#path))
      return null
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  }
}

/** The rename itself is kept only when the folder is synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
