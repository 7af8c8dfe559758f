import { canonicalJson } from '#core/json.ts'
import type { LogRecord } from '#core/record.ts'
import { messageOf, parsePublicKey } from '../signatures.ts'
import { NAMESPACE } from '../sshsig.ts'
import { rosterIn, signedIn } from './log-contents.ts'

export const LOG_FILE = 'events.jsonl'
export const SIGNERS_FILE = 'allowed_signers'

/**
 * The files of a bundle that follow from the log alone: the log itself, one canonical record a line; the roster in
 * OpenSSH's allowed_signers format; each signed statement as the exact bytes that were signed, with its signature beside
 * it, so that ssh-keygen can verify it. The same log gives the same bytes.
 */
export function logFiles(records: readonly LogRecord[]): Map<string, Buffer> {
  const lines = records.map((record) => `${canonicalJson(record)}\n`).join('')
  return new Map([
    [LOG_FILE, Buffer.from(lines)],
    [SIGNERS_FILE, Buffer.from(allowedSigners(records))],
    ...signatureFiles(records),
  ])
}

/** One line a key: person, the namespace it may sign in, key. Lines of the roster that are no keys are left out. */
function allowedSigners(records: readonly LogRecord[]): string {
  const people = Object.entries(rosterIn(records) ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))
  return people
    .flatMap(([person, { keys }]) =>
      keys.flatMap((line) => {
        const parsed = parsePublicKey(line)
        if (!parsed.ok) return []
        const { type, blob } = parsed.key
        return [`${fileWord(person)} namespaces="${NAMESPACE}" ${type} ${blob.toString('base64')}\n`]
      }),
    )
    .join('')
}

/** `signatures/0007.ada.json` and `.sig`: the record's number, the person; a second one of a record is `0007-2.ada`. */
function signatureFiles(records: readonly LogRecord[]): [string, Buffer][] {
  const seen = new Map<number, number>()
  return signedIn(records).flatMap(({ line, statement, signature }) => {
    const nth = (seen.get(line) ?? 0) + 1
    seen.set(line, nth)
    const number = `${String(line).padStart(4, '0')}${nth > 1 ? `-${nth}` : ''}`
    const name = `signatures/${number}.${fileWord(String(statement.person))}`
    const files: [string, Buffer][] = [
      [`${name}.json`, messageOf(statement)],
      [`${name}.sig`, Buffer.from(signature)],
    ]
    return files
  })
}

/** People's ids are plain words by the service file's schema; another log's are made plain. */
const fileWord = (text: string): string => text.replace(/[^A-Za-z0-9-]/g, '_') || '_'
