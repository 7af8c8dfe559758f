import { readFileSync } from 'node:fs'
import { Refusal } from '#engine/exit-codes.ts'
import { opensshSigner, pemSigner, type Signer } from '#evidence/signatures.ts'

export const DEFAULT_KEY = '~/.ssh/id_ed25519'

/** An OpenSSH key signs through ssh-keygen; a PKCS#8 PEM key (as the demo makes) signs in process. */
export function signerFor(keyFile: string): Signer {
  const path = keyFile.replace(/^~(?=\/)/, process.env.HOME ?? '~')
  const isPem = readableText(path).startsWith('-----BEGIN PRIVATE KEY-----')
  return isPem ? pemSigner(readableText(path)) : opensshSigner({ keyFile: path })
}

function readableText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    throw new Refusal('no-key-file', `the key ${path} cannot be read; give yours with --key`)
  }
}
