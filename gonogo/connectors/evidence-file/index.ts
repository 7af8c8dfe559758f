import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { sha256 } from '#core/json.ts'
import { ReadingProblem } from '../reading-problem.ts'

/** Files above this are not opened for reading: no evidence of a release needs more. */
const MAX_EVIDENCE_BYTES = 64 * 1024 * 1024

export type EvidenceFile = {
  /** As the configuration names it. */
  readonly path: string
  readonly text: string
  /** `sha256:…` of its bytes. */
  readonly digest: string
  readonly bytes: number
  readonly modifiedAtMs: number
}

/**
 * The text of a file of evidence. The size is looked at before a byte is read, and no more than that is read, so that
 * a file of 1 GB costs nothing. Throws a ReadingProblem when it is missing, empty, too large or not UTF-8 text.
 */
export async function readEvidenceFile(
  root: string,
  path: string,
  limitBytes: number = MAX_EVIDENCE_BYTES,
): Promise<EvidenceFile> {
  const file = await open(resolve(root, path), 'r').catch((error: NodeJS.ErrnoException) => {
    const reason = error.code === 'ENOENT' ? 'there is no such file' : `cannot be opened (${error.code})`
    throw new ReadingProblem('missing', path, reason)
  })
  try {
    return await readBounded(file, path, limitBytes)
  } finally {
    await file.close()
  }
}

async function readBounded(file: FileHandle, path: string, limitBytes: number): Promise<EvidenceFile> {
  const stat = await file.stat()
  if (!stat.isFile()) throw new ReadingProblem('not-a-file', path, 'is not a file')
  if (stat.size === 0) throw new ReadingProblem('empty', path, 'is empty')
  if (stat.size > limitBytes) {
    const sizes = `${megabytes(stat.size)}, more than the ${megabytes(limitBytes)} that are read`
    throw new ReadingProblem('too-large', path, `is ${sizes}`)
  }
  const buffer = Buffer.alloc(stat.size)
  let filled = 0
  while (filled < buffer.length) {
    const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, filled)
    if (bytesRead === 0) throw new ReadingProblem('cut-off', path, 'became shorter while it was read')
    filled += bytesRead
  }
  const text = decodeText(buffer, path)
  return { path, text, digest: sha256(buffer), bytes: buffer.length, modifiedAtMs: stat.mtimeMs }
}

/** UTF-8 text of bytes; a ReadingProblem for anything else. */
export function decodeText(bytes: Uint8Array, source: string): string {
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new ReadingProblem('binary', source, 'is not UTF-8 text')
  }
  if (text.includes('\0')) throw new ReadingProblem('binary', source, 'is binary, not text')
  if (text.trim() === '') throw new ReadingProblem('empty', source, 'holds nothing but white space')
  return text
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`
