import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto'
import { ed25519Blob } from './ssh-key.ts'
import { wireString } from './ssh-wire.ts'
import { armoredSignature, signedData } from './sshsig.ts'

export type SignResult =
  | { readonly ok: true; readonly signature: string }
  | {
      readonly ok: false
      readonly code: 'no-ssh-keygen' | 'no-key-file' | 'not-signed' | 'bad-key'
      readonly message: string
    }

/** What can sign a message with one person's key: an armored SSHSIG signature, or why there is none. Never throws. */
export type Signer = { sign(message: Uint8Array): Promise<SignResult> }

/** Signs in this process with an ed25519 key in PKCS#8 PEM, as `makeDemoKey` makes them. Needs no OpenSSH. */
export const memorySigner = (privateKeyPem: string): Signer => ({
  sign: async (message) => {
    const key = ed25519Key(privateKeyPem)
    if (!key) return { ok: false, code: 'bad-key', message: 'the private key is not an ed25519 key in PEM' }
    const signature = sign(null, signedData(message, 'sha512'), key)
    const inner = Buffer.concat([wireString('ssh-ed25519'), wireString(signature)])
    return { ok: true, signature: armoredSignature(ed25519Blob(createPublicKey(key)), 'sha512', inner) }
  },
})

/** An ed25519 key pair made for a demo's cast: the public line for the roster and the private key as PKCS#8 PEM. */
export function makeDemoKey(comment: string): { publicKeyLine: string; privateKeyPem: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  return {
    publicKeyLine: `ssh-ed25519 ${ed25519Blob(publicKey).toString('base64')} ${comment}`,
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}

function ed25519Key(pem: string) {
  try {
    const key = createPrivateKey(pem)
    return key.asymmetricKeyType === 'ed25519' ? key : null
  } catch {
    return null
  }
}
