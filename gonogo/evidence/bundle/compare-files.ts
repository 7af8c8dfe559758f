import { type BundleProblem, problemAt } from './bundle-problem.ts'
import { type FileEntry, MANIFEST_FILE, type Manifest, SUMS_FILE } from './manifest.ts'

export type Listings = {
  readonly onDisk: ReadonlyMap<string, FileEntry>
  /** Null when manifest.json cannot be read as one; then the sums alone are compared. */
  readonly manifest: Manifest | null
  /** Digests by name, as manifest.sha256 lists them. */
  readonly sums: ReadonlyMap<string, string>
}

/**
 * What was changed, added or removed. Three say what a file is: the disk, the manifest and the sums; the one that
 * disagrees with the other two is named.
 */
export function compareFiles({ onDisk, manifest, sums }: Listings): BundleProblem[] {
  const listed = new Map(manifest?.files.map((file) => [file.name, file]))
  const names = new Set([...onDisk.keys(), ...listed.keys(), ...sums.keys()])
  names.delete(MANIFEST_FILE)
  names.delete(SUMS_FILE)
  return [...names].sort().flatMap((name) => {
    const file = onDisk.get(name)
    const entry = listed.get(name)
    const inManifest = entry?.digest === file?.digest && entry?.bytes === file?.bytes
    const inSums = sums.get(name) === file?.digest
    if (inSums && !manifest) return []
    if (inManifest && inSums) return []
    if (inSums) return [problemAt(MANIFEST_FILE, name, `was changed: ${disagrees(file, entry)}`)]
    if (inManifest)
      return [problemAt(SUMS_FILE, name, 'was changed: it does not say what the file and the manifest say')]
    if (!file) return [problemAt(name, '', 'is missing')]
    if (!entry && !sums.has(name)) return [problemAt(name, '', 'was added: the manifest does not list it')]
    return [problemAt(name, '', `was changed: ${disagrees(file, entry)}`)]
  })
}

function disagrees(file: FileEntry | undefined, entry: FileEntry | undefined): string {
  if (!file) return 'it lists a file that is not there'
  if (!entry) return 'the manifest does not list this file'
  if (file.bytes !== entry.bytes) return `${file.bytes} bytes on disk, ${entry.bytes} in the manifest`
  return `digest ${short(file.digest)} on disk, ${short(entry.digest)} in the manifest`
}

const short = (digest: string): string => `${digest.slice(0, 'sha256:'.length + 12)}…`

const SUM_LINE = /^([0-9a-f]{64}) {2}(\S+)$/

/** The digests by name, and the lines that are none. */
export function readSums(text: string): { sums: Map<string, string>; problems: BundleProblem[] } {
  const sums = new Map<string, string>()
  const problems: BundleProblem[] = []
  for (const [index, line] of text.replace(/\n$/, '').split('\n').entries()) {
    const [, hex, name] = SUM_LINE.exec(line) ?? []
    if (hex && name) sums.set(name, `sha256:${hex}`)
    else problems.push(problemAt(SUMS_FILE, `line ${index + 1}`, 'is no line of digest and name'))
  }
  return { sums, problems }
}
