import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** Installed packages and history are not what a release is identified by; the lock file is. */
const SKIPPED: ReadonlySet<string> = new Set(['node_modules', '.git'])

/**
 * `sha256:…` of a folder: SHA-256 over one line a file, `path NUL sha256-of-content LF`, sorted by path (code units,
 * `/` between the parts). A symbolic link counts as its target's name. `node_modules` and `.git` are left out. Throws
 * when the folder or a file in it cannot be read.
 */
export async function artifactDigest(folder: string): Promise<`sha256:${string}`> {
  const whole = createHash('sha256')
  const paths = (await filesIn(folder, '')).sort((a, b) => (a.path < b.path ? -1 : 1))
  for (const { path, isLink } of paths) {
    const full = join(folder, path)
    whole.update(`${path}\0${isLink ? `link ${await readlink(full)}` : await fileDigest(full)}\n`)
  }
  return `sha256:${whole.digest('hex')}`
}

type Found = { readonly path: string; readonly isLink: boolean }

async function filesIn(folder: string, prefix: string): Promise<Found[]> {
  const found: Found[] = []
  for (const entry of await readdir(join(folder, prefix), { withFileTypes: true })) {
    if (SKIPPED.has(entry.name)) continue
    const path = prefix ? `${prefix}/${entry.name}` : entry.name
    if (entry.isDirectory()) found.push(...(await filesIn(folder, path)))
    else if (entry.isFile() || entry.isSymbolicLink()) found.push({ path, isLink: entry.isSymbolicLink() })
  }
  return found
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
