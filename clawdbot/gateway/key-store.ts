import { createHash, randomBytes, randomUUID } from 'node:crypto'
import { closeSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { ProblemError } from '../runtime/problem.ts'
import { type TokenEntry, tokensFile } from './tokens.ts'

/** A key as operators see it: its id is the beginning of its hash, the key itself is nowhere. */
export interface ListedKey extends Omit<TokenEntry, 'sha256'> {
  id: string
}

/** A key that was just made. This is the only time that it is told. */
export interface MadeKey {
  id: string
  token: string
  expiresAt: string
}

export interface KeyStore {
  list: () => ListedKey[]
  make: (holder: Omit<TokenEntry, 'sha256'>) => Promise<MadeKey>
  /** A new key for the holder of `id`, whose own goes on for `overlapSeconds`, no longer than it would have. */
  rotate: (id: string, overlapSeconds: number, days: number) => Promise<MadeKey & { previousEndsAt: string }>
  revoke: (id: string) => Promise<void>
}

const ID_LENGTH = 16
const DAY_MS = 86_400_000
/** A lock this old was left behind: a change takes milliseconds. */
const STALE_LOCK_MS = 10_000
const LOCK_TRIES = 100
const LOCK_EVERY_MS = 20

/** Keys in the tokens file that all replicas read; changes are made one at a time, and each is there whole or not at all. */
export function openKeyStore(file: string, clock: () => number = Date.now): KeyStore {
  const read = () => tokensFile.parse(JSON.parse(readFileSync(file, 'utf8'))).tokens
  const change = <T>(work: (tokens: TokenEntry[]) => { tokens: TokenEntry[]; result: T }): Promise<T> =>
    locked(file, () => {
      const { tokens, result } = work(read())
      const draft = `${file}.${randomUUID()}`
      writeFileSync(draft, `${JSON.stringify({ tokens }, null, 2)}\n`, { mode: statSync(file).mode & 0o777 })
      renameSync(draft, file)
      return result
    })
  const at = (ms: number) => new Date(ms).toISOString()
  return {
    list: () => read().map(({ sha256, ...rest }) => ({ id: sha256.slice(0, ID_LENGTH), ...rest })),
    make: (holder) =>
      change((tokens) => {
        const { entry, made } = newKey(holder)
        return { tokens: [...tokens, entry], result: made }
      }),
    rotate: (id, overlapSeconds, days) =>
      change((tokens) => {
        const old = find(tokens, id)
        const previousEndsAt = at(Math.min(Date.parse(old.expiresAt), clock() + overlapSeconds * 1000))
        const { sha256: _sha256, ...holder } = old
        const { entry, made } = newKey({ ...holder, expiresAt: at(clock() + days * DAY_MS) })
        const rest = tokens.map((token) => (token === old ? { ...old, expiresAt: previousEndsAt } : token))
        return { tokens: [...rest, entry], result: { ...made, previousEndsAt } }
      }),
    revoke: (id) =>
      change((tokens) => {
        const gone = find(tokens, id)
        return { tokens: tokens.filter((token) => token !== gone), result: undefined }
      }),
  }
}

function newKey(holder: Omit<TokenEntry, 'sha256'>): { entry: TokenEntry; made: MadeKey } {
  const token = randomBytes(24).toString('hex')
  const sha256 = createHash('sha256').update(token).digest('hex')
  const made = { id: sha256.slice(0, ID_LENGTH), token, expiresAt: holder.expiresAt }
  return { entry: { sha256, ...holder }, made }
}

function find(tokens: readonly TokenEntry[], id: string): TokenEntry {
  const found = tokens.find(({ sha256 }) => sha256.startsWith(id))
  if (found) return found
  const detail = 'there is no key with this id; see GET /v1/admin/keys'
  throw new ProblemError({ status: 404, code: 'unknown_key', title: 'Unknown key', detail })
}

/** @throws ProblemError 503 when the file stays locked, or cannot be written here */
async function locked<T>(file: string, work: () => T): Promise<T> {
  const lock = `${file}.lock`
  for (let n = 0; n < LOCK_TRIES; n++) {
    if (take(lock))
      try {
        return work()
      } finally {
        rmSync(lock, { force: true })
      }
    await wait(LOCK_EVERY_MS)
  }
  throw cannotChange('another change is under way')
}

function take(lock: string): boolean {
  try {
    closeSync(openSync(lock, 'wx'))
    return true
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code !== 'EEXIST')
      throw cannotChange(`it cannot be written here (${code}); change it where it comes from`)
    const age = Date.now() - (statSync(lock, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())
    if (age > STALE_LOCK_MS) rmSync(lock, { force: true })
    return false
  }
}

function cannotChange(reason: string): ProblemError {
  const detail = `the file of tokens was not changed: ${reason}`
  return new ProblemError({ status: 503, code: 'keys_unavailable', title: 'Keys cannot be changed', detail })
}
