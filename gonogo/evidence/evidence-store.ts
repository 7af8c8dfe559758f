import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { EvidenceEntry } from '#core/events.ts'
import { sha256 } from '#core/json.ts'
import { EvidenceProblem, readProblem, writeProblem } from './evidence-problem.ts'
import { redact } from './redaction.ts'

export interface EvidenceStore {
  /**
   * Keeps bytes under their digest; text is redacted first, so the digest is that of what is kept. Idempotent; on disk
   * when it resolves. Throws EvidenceProblem (disk-full, read-only).
   */
  put(name: string, mediaType: string, bytes: Uint8Array | string): Promise<EvidenceEntry>
  /** The bytes of a digest, compared with it. Throws EvidenceProblem (missing, changed, unreadable). */
  get(digest: string): Promise<Uint8Array>
  /** True when the bytes are there and unchanged. */
  has(digest: string): Promise<boolean>
}

export type EvidenceStoreOptions = {
  /** Secrets that this process knows: they are taken out of every text. */
  readonly secrets?: readonly string[]
}

const DIGEST = /^sha256:([0-9a-f]{2})([0-9a-f]{62})$/

/** The store in a folder: `sha256/ab/cdef…`, one read-only file a piece of evidence. Several processes may use it. */
export function openEvidenceStore(
  folder: string,
  { secrets = [] }: EvidenceStoreOptions = {},
): EvidenceStore {
  const get = (digest: string) => readWhole(join(folder, pathOf(digest)), digest)
  return {
    get,
    has: (digest) =>
      get(digest).then(
        () => true,
        () => false,
      ),
    async put(name, mediaType, content) {
      const bytes = clean(content, mediaType, secrets)
      const digest = sha256(bytes)
      const path = join(folder, pathOf(digest))
      const isThere = await get(digest).then(
        () => true,
        () => false,
      )
      if (!isThere) await writeWhole(path, bytes)
      return { name, mediaType, digest, bytes: bytes.length }
    },
  }
}

function pathOf(digest: string): string {
  const [, first, rest] = DIGEST.exec(digest) ?? []
  if (!first || !rest)
    throw new EvidenceProblem('missing', `${digest}: is not a digest such as sha256:e3b0c4…`)
  return join('sha256', first, rest)
}

async function readWhole(path: string, digest: string): Promise<Buffer> {
  const bytes = await readFile(path).catch((error: unknown) => {
    throw readProblem(error, path)
  })
  if (sha256(bytes) === digest) return bytes
  throw new EvidenceProblem('changed', `${path}: was changed after it was kept; restore it from a copy`)
}

/** Bytes that are text by their name or by what they are lose their secrets; other bytes stay as they came. */
function clean(content: Uint8Array | string, mediaType: string, secrets: readonly string[]): Buffer {
  if (typeof content === 'string') return Buffer.from(redact(content, secrets))
  const bytes = Buffer.from(content)
  const text = bytes.toString('utf8')
  if (!text.includes('\0') && Buffer.from(text).equals(bytes)) return Buffer.from(redact(text, secrets))
  const isText = mediaType.startsWith('text/') || /json|xml|yaml/.test(mediaType)
  // Text in another encoding: byte for byte, so that what is not a secret comes through whole.
  return isText ? Buffer.from(redact(bytes.toString('latin1'), secrets), 'latin1') : bytes
}

/** All or nothing, and on disk when it resolves: a temporary file, synced, renamed, and its folder synced. */
async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.${randomBytes(4).toString('hex')}`
  try {
    await mkdir(dirname(path), { recursive: true })
    await writeSynced(temporary, bytes)
    await rename(temporary, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {
      // The disk that refused the file may refuse this, too; the first error is the one to tell.
    })
    throw writeProblem(error, path)
  }
}

async function writeSynced(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'wx', 0o444)
  try {
    await file.writeFile(bytes)
    await file.sync()
  } finally {
    await file.close()
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
