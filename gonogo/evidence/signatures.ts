import { canonicalJson } from '#core/json.ts'
import { isSignedBy } from './key-algorithms.ts'
import type { Signer, SignResult } from './signer.ts'
import { parsePublicKey } from './ssh-key.ts'
import { type WireCode, WireProblem } from './ssh-wire.ts'
import { readSignature, signedData } from './sshsig.ts'

export { opensshSigner } from './openssh-signer.ts'
export {
  makeDemoKey,
  memorySigner,
  memorySigner as pemSigner,
  type Signer,
  type SignResult,
} from './signer.ts'
export { fingerprint, parsePublicKey } from './ssh-key.ts'

export type VerifyResult =
  /** `key` is the given line whose key made the signature. */
  | { readonly ok: true; readonly key: string }
  | {
      readonly ok: false
      readonly code: WireCode | 'foreign-key' | 'bad-signature'
      /** Goes on after “the signature …”. */
      readonly message: string
    }

/** What is signed: the statement's canonical JSON (RFC 8785), UTF-8, without a line end. */
export const messageOf = (statement: unknown): Buffer => Buffer.from(canonicalJson(statement))

/** Signs a statement. Throws only when the statement is no JSON value. */
export const signStatement = (statement: unknown, signer: Signer): Promise<SignResult> =>
  signer.sign(messageOf(statement))

/**
 * Checks an SSHSIG signature (OpenSSH's PROTOCOL.sshsig, namespace `gonogo-signoff@v1`) over a statement against the
 * public key lines that may have made it. Lines that are no keys match nothing. Needs no OpenSSH. Never throws.
 */
export function verifyStatement(
  statement: unknown,
  armored: string,
  publicKeys: readonly string[],
): VerifyResult {
  try {
    const parts = readSignature(armored)
    const key = publicKeys.find((line) => isKey(line, parts.key.blob))
    if (key === undefined)
      return { ok: false, code: 'foreign-key', message: 'is by a key that is not among the person’s keys' }
    const isGood = isSignedBy(parts, signedData(messageOf(statement), parts.hash))
    return isGood
      ? { ok: true, key }
      : { ok: false, code: 'bad-signature', message: 'is not over this statement' }
  } catch (error) {
    const [code, message] =
      error instanceof WireProblem ? [error.code, error.message] : ['unreadable' as const, 'cannot be read']
    return { ok: false, code, message }
  }
}

function isKey(line: string, blob: Buffer): boolean {
  const parsed = parsePublicKey(line)
  return parsed.ok && parsed.key.blob.equals(blob)
}
