import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { LogRecord } from '#core/record.ts'
import { type BundleProblem, problemAt } from './bundle/bundle-problem.ts'
import { compareFiles, readSums } from './bundle/compare-files.ts'
import { type FolderListing, listFolder } from './bundle/folder-listing.ts'
import { LOG_FILE } from './bundle/log-files.ts'
import { MANIFEST_FILE, type Manifest, makeManifest, SUMS_FILE, sumsText } from './bundle/manifest.ts'
import { readLog } from './bundle/read-log.ts'
import { replayLog } from './bundle/replay-log.ts'
import { verifyLogFiles } from './bundle/verify-log-files.ts'
import { readManifest, verifyManifest } from './bundle/verify-manifest.ts'
import { SAMPLES_FILE, verifySamples } from './bundle/verify-samples.ts'
import { verifySignatures } from './bundle/verify-signatures.ts'

export type { BundleProblem } from './bundle/bundle-problem.ts'

export type BundleVerdict = {
  readonly ok: boolean
  /** The deployment that the manifest names; null when it cannot be read. */
  readonly deployment: string | null
  /** Digest of manifest.json as it is now: the one to compare with a copy that was kept elsewhere. */
  readonly digest: string | null
  readonly problems: readonly BundleProblem[]
  /** How many were looked at; none of what cannot be read. */
  readonly checked: Manifest['checked']
}

export type VerifyOptions = {
  /** Digest of manifest.json as gonogo printed it. With it, a bundle that was written anew is found out as well. */
  readonly digest?: string
}

const NOTHING = { records: 0, signatures: 0, evidence: 0, files: 0 }

/**
 * Verifies a bundle from its files alone: every digest, the chain, every signature with the roster, the evidence, the
 * samples' seals, and that each gate was open by what the log says. One byte changed anywhere is a problem that names the
 * file. Needs neither network nor OpenSSH. Never throws.
 */
export async function verifyBundle(folder: string, options: VerifyOptions = {}): Promise<BundleVerdict> {
  const { files, problems } = await listFolder(folder)
  const digest = files.get(MANIFEST_FILE)?.digest ?? null
  if (!digest) {
    const missing = problemAt(MANIFEST_FILE, '', `is missing; ${folder} is not a whole bundle`)
    const isListed = files.size > 0 || problems.length === 0
    const found = isListed ? [...problems, missing] : problems
    return { ok: false, deployment: null, digest, problems: found, checked: NOTHING }
  }
  const { manifest, problems: unreadable } = readManifest(await textOf(folder, MANIFEST_FILE))
  const sums = files.has(SUMS_FILE) ? await textOf(folder, SUMS_FILE) : null
  const outside = [...problems, ...unreadable, ...verifyFiles(files, manifest, sums)]
  const changed = new Set(outside.map((p) => p.file))
  const { records, problems: inside } = await verifyLog(folder, files, changed.has(LOG_FILE), manifest)
  const found = [
    ...outside,
    ...inside.filter((p) => p.file === LOG_FILE || p.file === MANIFEST_FILE || !changed.has(p.file)),
  ]
  found.push(...verifySums(digest, manifest, sums, new Set(found.map((p) => p.file))))
  found.push(...verifyDigest(digest, options.digest))
  const checked = records?.length
    ? makeManifest(records, [...files.values()].filter(isInManifest)).checked
    : NOTHING
  return {
    ok: found.length === 0,
    deployment: manifest?.deployment ?? null,
    digest,
    problems: found,
    checked,
  }
}

const isInManifest = ({ name }: { readonly name: string }) => name !== MANIFEST_FILE && name !== SUMS_FILE

function verifyDigest(digest: string, expected: string | undefined): BundleProblem[] {
  return expected === undefined || expected === digest
    ? []
    : [problemAt(MANIFEST_FILE, '', `has the digest ${digest}, not ${expected}: the bundle was written anew`)]
}

type Files = FolderListing['files']

/** The folder against the manifest and the sums. */
function verifyFiles(onDisk: Files, manifest: Manifest | null, text: string | null): BundleProblem[] {
  if (text !== null) {
    const { sums, problems } = readSums(text)
    return [...problems, ...compareFiles({ onDisk, manifest, sums })]
  }
  const sums = new Map(manifest?.files.map((file) => [file.name, file.digest]))
  return [problemAt(SUMS_FILE, '', 'is missing'), ...compareFiles({ onDisk, manifest, sums })]
}

/** The manifest and the sums against each other: the one that nothing else speaks against is believed. */
function verifySums(
  digest: string,
  manifest: Manifest | null,
  text: string | null,
  suspects: ReadonlySet<string>,
): BundleProblem[] {
  if (text === null) return []
  const isSaid = readSums(text).sums.get(MANIFEST_FILE) === digest
  if (!manifest || suspects.has(MANIFEST_FILE))
    return isSaid ? [] : [problemAt(MANIFEST_FILE, '', `was changed: ${SUMS_FILE} says another digest`)]
  if (!isSaid)
    return [problemAt(SUMS_FILE, MANIFEST_FILE, 'was changed: it does not say the digest of the manifest')]
  const isExact = suspects.has(SUMS_FILE) || text === sumsText(digest, manifest.files)
  return isExact ? [] : [problemAt(SUMS_FILE, '', 'is not as it was written')]
}

/** What the log says: its chain, its signatures, its gates, and the files that follow from it. */
async function verifyLog(folder: string, files: Files, isChanged: boolean, manifest: Manifest | null) {
  if (!files.has(LOG_FILE)) return { records: null, problems: [problemAt(LOG_FILE, '', 'is missing')] }
  const { records, problems } = readLog(await bytesOf(folder, LOG_FILE))
  if (!records) return { records, problems }
  problems.push(...verifySignatures(records), ...replayLog(records))
  if (files.has(SAMPLES_FILE)) problems.push(...verifySamples(records, await textOf(folder, SAMPLES_FILE)))
  // A log that is not the listed one would make everything look wrong that follows from it.
  if (!isChanged) {
    problems.push(...verifyLogFiles(records, files))
    if (manifest) problems.push(...verifyManifest(manifest, records))
  }
  return { records: records as readonly LogRecord[], problems }
}

const bytesOf = (folder: string, name: string): Promise<Buffer> =>
  readFile(join(folder, name)).catch(() => Buffer.alloc(0))

const textOf = async (folder: string, name: string): Promise<string> =>
  (await bytesOf(folder, name)).toString('utf8')
