import { copyFile, readdir, rm, stat, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import type { SavedState } from './saved-state.ts'

/** Logs of ended processes that are kept; the newest. */
const KEPT_LOGS = 200

/** Removes the oldest logs of processes that are gone. Never throws: an untidy folder stops nothing. */
export async function tidyLogs(folder: string, state: SavedState): Promise<void> {
  const stacks = Object.values(state.versions).flatMap((version) => version.stacks)
  const used = new Set(stacks.flatMap((stack) => stack.processes.map((process) => process.logFile)))
  const names = await readdir(join(folder, 'logs')).catch(() => [])
  const ended = names.map((name) => join(folder, 'logs', name)).filter((path) => !used.has(path))
  const dated = await Promise.all(
    ended.map(async (path) => ({ path, atMs: (await stat(path).catch(() => null))?.mtimeMs ?? 0 })),
  )
  const old = dated.sort((a, b) => b.atMs - a.atMs).slice(KEPT_LOGS)
  await Promise.all(old.map(({ path }) => rm(path, { force: true }).catch(() => {})))
}

const LONGEST_LOG_BYTES = 64 * 1024 * 1024

/**
 * Keeps each log below its bound: what is in it moves to `NAME.1` and the file begins anew. The processes hold the file
 * open to append, so it is emptied, not renamed; a line that is written in that moment may be lost. Never throws.
 */
export async function limitLogs(files: readonly string[]): Promise<void> {
  for (const file of files) {
    const size = (await stat(file).catch(() => null))?.size ?? 0
    if (size <= LONGEST_LOG_BYTES) continue
    await copyFile(file, `${file}.1`).catch(() => {})
    await truncate(file).catch(() => {})
  }
}
