import { sha256 } from '#core/json.ts'
import type { LogRecord } from '#core/record.ts'
import { type BundleProblem, problemAt } from './bundle-problem.ts'
import { evidenceIn } from './log-contents.ts'
import { LOG_FILE, logFiles } from './log-files.ts'
import { EVIDENCE_FOLDER, evidenceFile, type FileEntry } from './manifest.ts'

/** Files that must follow from the log and do not: evidence, statements, signatures, the roster. */
export function verifyLogFiles(
  records: readonly LogRecord[],
  onDisk: ReadonlyMap<string, FileEntry>,
): BundleProblem[] {
  const derived = logFiles(records)
  derived.delete(LOG_FILE)
  const evidence = evidenceIn(records)
  const wrong = [...derived].flatMap(([name, bytes]) =>
    onDisk.get(name)?.digest === sha256(bytes)
      ? []
      : [problemAt(name, '', 'is not what the log says that it is')],
  )
  const lost = evidence.flatMap(({ line, digest, bytes }) => {
    const name = evidenceFile(digest)
    const file = onDisk.get(name)
    if (!file) return [problemAt(name, '', `is missing; line ${line} of the log names it`)]
    if (file.digest !== digest) return [problemAt(name, '', 'holds other bytes than its name says')]
    return file.bytes === bytes
      ? []
      : [problemAt(LOG_FILE, `line ${line}`, `says ${bytes} bytes of ${name}, which has ${file.bytes}`)]
  })
  const named = new Set([...derived.keys(), ...evidence.map((entry) => evidenceFile(entry.digest))])
  const foreign = [...onDisk.keys()].filter(
    (name) => /^(evidence|signatures)\//.test(name) && !named.has(name),
  )
  const why = (name: string) => (name.startsWith(`${EVIDENCE_FOLDER}/`) ? 'evidence' : 'a signature')
  return [
    ...wrong,
    ...lost,
    ...foreign.map((name) => problemAt(name, '', `is ${why(name)} that no record names`)),
  ]
}
