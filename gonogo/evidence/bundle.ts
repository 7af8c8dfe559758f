import { randomBytes } from 'node:crypto'
import { mkdir, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { sha256 } from '#core/json.ts'
import type { LogRecord } from '#core/record.ts'
import { evidenceIn } from './bundle/log-contents.ts'
import { logFiles } from './bundle/log-files.ts'
import {
  evidenceFile,
  isFileName,
  MANIFEST_FILE,
  type Manifest,
  makeManifest,
  manifestText,
  SUMS_FILE,
  sumsText,
} from './bundle/manifest.ts'
import { readmeText } from './bundle/readme-text.ts'
import { EvidenceProblem, writeProblem } from './evidence-problem.ts'
import type { EvidenceStore } from './evidence-store.ts'

export type BundleInput = {
  /** The whole log of one deployment, in order. */
  readonly records: readonly LogRecord[]
  readonly evidenceStore: Pick<EvidenceStore, 'get'>
  /** More files by name: the report, the release, the rules. */
  readonly files: Readonly<Record<string, Uint8Array>>
  /** Where the bundle goes; an older bundle there is replaced as a whole. */
  readonly folder: string
}

export type ExportedBundle = {
  /** Digest of manifest.json, which covers all the rest: the one to keep elsewhere. */
  readonly digest: string
  readonly checked: Manifest['checked']
  /** Evidence that the log names and the store no longer has as it was; verification will name it as well. */
  readonly missing: readonly string[]
}

/**
 * Writes a deployment's bundle: a folder that anyone can verify offline. It appears whole or not at all. Throws
 * EvidenceProblem: disk-full, read-only, or not-a-bundle when the folder holds something else, which is left alone.
 */
export async function exportBundle(input: BundleInput): Promise<ExportedBundle> {
  const { records, folder } = input
  const deployment = records[0]?.stream ?? ''
  const evidence = await readEvidence(input)
  const files = new Map([
    ...givenFiles(input.files),
    ...logFiles(records),
    ...evidence.found,
    ['README.txt', Buffer.from(readmeText(deployment))] as const,
  ])
  const entries = [...files].map(([name, bytes]) => ({ name, bytes: bytes.length, digest: sha256(bytes) }))
  const manifest = makeManifest(records, entries)
  const text = manifestText(manifest)
  const digest = sha256(text)
  files.set(MANIFEST_FILE, Buffer.from(text))
  files.set(SUMS_FILE, Buffer.from(sumsText(digest, manifest.files)))
  await refuseForeign(folder)
  try {
    await replaceFolder(folder, files)
  } catch (error) {
    throw writeProblem(error, folder)
  }
  return { digest, checked: manifest.checked, missing: evidence.missing }
}

function givenFiles(files: BundleInput['files']): [string, Buffer][] {
  const wrong = Object.keys(files).find((name) => !isFileName(name))
  if (wrong !== undefined) throw new TypeError(`${wrong} cannot be the name of a file in a bundle`)
  return Object.entries(files).map(([name, bytes]) => [name, Buffer.from(bytes)])
}

async function readEvidence({ records, evidenceStore }: BundleInput) {
  const found = new Map<string, Buffer>()
  const missing: string[] = []
  for (const digest of new Set(evidenceIn(records).map((entry) => entry.digest))) {
    try {
      found.set(evidenceFile(digest), Buffer.from(await evidenceStore.get(digest)))
    } catch (error) {
      if (!(error instanceof EvidenceProblem)) throw error
      missing.push(digest)
    }
  }
  return { found, missing }
}

/** Only an empty folder or an older bundle may be replaced. */
async function refuseForeign(folder: string): Promise<void> {
  const names = await readdir(folder).catch((error: unknown) => {
    if ((error as { code?: string }).code === 'ENOENT') return []
    throw writeProblem(error, folder)
  })
  if (names.length === 0) return
  const manifest = await readFile(join(folder, MANIFEST_FILE), 'utf8').catch(() => '')
  if (!manifest.includes('"gonogo-bundle"'))
    throw new EvidenceProblem('not-a-bundle', `${folder}: holds other files; give an empty or a new folder`)
}

async function replaceFolder(folder: string, files: ReadonlyMap<string, Buffer>): Promise<void> {
  const fresh = `${folder}.new-${randomBytes(4).toString('hex')}`
  try {
    for (const [name, bytes] of files) {
      await mkdir(dirname(join(fresh, name)), { recursive: true })
      await writeFile(join(fresh, name), bytes, { flush: true })
    }
    await swap(fresh, folder)
    const parent = await open(dirname(folder), 'r')
    await parent.sync().finally(() => parent.close())
  } catch (error) {
    await rm(fresh, { recursive: true, force: true }).catch(() => {
      // The disk that refused the files may refuse this, too; the first error is the one to tell.
    })
    throw error
  }
}

/** The old folder goes only when the new one is in its place. */
async function swap(fresh: string, folder: string): Promise<void> {
  const old = fresh.replace(/\.new-(\w+)$/, '.old-$1')
  const hadOld = await rename(folder, old).then(
    () => true,
    (error: { code?: string }) => {
      if (error.code !== 'ENOENT') throw error
      return false
    },
  )
  try {
    await rename(fresh, folder)
  } catch (error) {
    if (hadOld) await rename(old, folder)
    throw error
  }
  await rm(old, { recursive: true, force: true })
}
