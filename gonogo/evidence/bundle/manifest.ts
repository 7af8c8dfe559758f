import { z } from 'zod'
import type { LogRecord } from '#core/record.ts'
import { evidenceIn, lastEvidenceRoot, signedIn } from './log-contents.ts'

export const MANIFEST_FILE = 'manifest.json'
export const SUMS_FILE = 'manifest.sha256'
export const EVIDENCE_FOLDER = 'evidence/sha256'

/** Plain words and dots between slashes: nothing that leaves the folder, and nothing that sha256sum would quote. */
export const isFileName = (name: string): boolean =>
  /^[\w@+-][\w.@+-]*(\/[\w@+-][\w.@+-]*)*$/.test(name) && name !== MANIFEST_FILE && name !== SUMS_FILE

const digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hex digits')
const count = z.number().int().min(0)

export const fileEntrySchema = z.strictObject({
  name: z.string().refine(isFileName, 'a plain file name within the folder'),
  /** Length of the file. */
  bytes: count,
  digest,
})

/** What a bundle holds. Version 1. Every field follows from the other files. */
export const manifestSchema = z.strictObject({
  format: z.literal('gonogo-bundle'),
  version: z.literal(1),
  /** The deployment's id: the stream of every record. */
  deployment: z.string().min(1),
  /** Hash of the last record. */
  chainHead: digest,
  /** What the votes of the last opened gate were bound to; null when no gate opened. */
  evidenceRoot: digest.nullable(),
  /** How many records, signatures, pieces of evidence and files (without the manifest's own two) there are. */
  checked: z.strictObject({ records: count, signatures: count, evidence: count, files: count }),
  /** Every other file, sorted by name. */
  files: z.array(fileEntrySchema),
})

export type FileEntry = z.infer<typeof fileEntrySchema>
export type Manifest = z.infer<typeof manifestSchema>

/** The manifest of a log and the files beside it. The log has one record at least. */
export function makeManifest(records: readonly LogRecord[], files: readonly FileEntry[]): Manifest {
  const last = records.at(-1)
  if (!last) throw new TypeError('a bundle needs a log with records')
  return {
    format: 'gonogo-bundle',
    version: 1,
    deployment: last.stream,
    chainHead: last.hash,
    evidenceRoot: lastEvidenceRoot(records),
    checked: {
      records: records.length,
      signatures: signedIn(records).length,
      evidence: new Set(evidenceIn(records).map((e) => e.digest)).size,
      files: files.length,
    },
    files: [...files].sort((a, b) => (a.name < b.name ? -1 : 1)),
  }
}

export const manifestText = (manifest: Manifest): string => `${JSON.stringify(manifest, null, 2)}\n`

/** What `sha256sum --check` reads: the manifest's digest first, then that of every file in it. */
export function sumsText(manifestDigest: string, files: readonly FileEntry[]): string {
  const entries = [{ name: MANIFEST_FILE, digest: manifestDigest }, ...files]
  return entries.map((entry) => `${entry.digest.slice('sha256:'.length)}  ${entry.name}\n`).join('')
}

export const evidenceFile = (digest: string): string => `${EVIDENCE_FOLDER}/${digest.slice('sha256:'.length)}`
