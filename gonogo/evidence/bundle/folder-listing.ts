import { createHash } from 'node:crypto'
import { type FileHandle, open, readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { type BundleProblem, problemAt } from './bundle-problem.ts'
import type { FileEntry } from './manifest.ts'

export type FolderListing = {
  /** Every regular file with its length and digest as they are on disk. */
  readonly files: ReadonlyMap<string, FileEntry>
  readonly problems: readonly BundleProblem[]
}

/** No bundle comes near; a folder that holds more is something else. */
const MAX_FILES = 100_000
const FILES_AT_ONCE = 16
const PIECE_BYTES = 64 * 1024

/** Reads every file of a folder once. What is no file, no folder, empty, or cannot be read is a problem. Never throws. */
export async function listFolder(folder: string): Promise<FolderListing> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(
    (error: { code?: string }) => error.code ?? 'unknown reason',
  )
  if (typeof entries === 'string')
    return notListed(folder, `cannot be listed (${entries}); is it a bundle’s folder?`)
  if (entries.length > MAX_FILES) return notListed(folder, `holds ${entries.length} files; this is no bundle`)
  const parents = new Set(entries.map((entry) => entry.parentPath))
  const nameOf = (path: string) => relative(folder, path).split(sep).join('/')
  const odd = entries.flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    const what = entry.isDirectory() ? 'was added: an empty folder' : 'is a link or a device, not a file'
    return entry.isFile() || (entry.isDirectory() && parents.has(path))
      ? []
      : [problemAt(nameOf(path), '', what)]
  })
  const paths = entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name))
  const measured: (FileEntry | BundleProblem)[] = []
  for (let i = 0; i < paths.length; i += FILES_AT_ONCE)
    measured.push(...(await Promise.all(paths.slice(i, i + FILES_AT_ONCE).map((p) => measure(p, nameOf(p))))))
  const files = measured.filter((m): m is FileEntry => !('problem' in m))
  const unread = measured.filter((m): m is BundleProblem => 'problem' in m)
  return { files: new Map(files.map((file) => [file.name, file])), problems: [...odd, ...unread] }
}

const notListed = (folder: string, problem: string): FolderListing => ({
  files: new Map(),
  problems: [problemAt(folder, '', problem)],
})

async function measure(path: string, name: string): Promise<FileEntry | BundleProblem> {
  try {
    const handle = await open(path, 'r')
    try {
      return { name, ...(await hashOf(handle)) }
    } finally {
      await handle.close()
    }
  } catch (error) {
    return problemAt(name, '', `cannot be read (${(error as { code?: string }).code ?? 'unknown reason'})`)
  }
}

/** In pieces, so that a file of any length takes the same memory. */
async function hashOf(handle: FileHandle): Promise<{ bytes: number; digest: string }> {
  const hash = createHash('sha256')
  const piece = Buffer.allocUnsafe(PIECE_BYTES)
  let bytes = 0
  for (;;) {
    const { bytesRead } = await handle.read(piece, 0, PIECE_BYTES, bytes)
    if (bytesRead === 0) return { bytes, digest: `sha256:${hash.digest('hex')}` }
    hash.update(piece.subarray(0, bytesRead))
    bytes += bytesRead
  }
}
