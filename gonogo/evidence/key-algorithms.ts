import { createHash, verify } from 'node:crypto'
import type { SshPublicKey } from './ssh-key.ts'
import { WireProblem, WireReader } from './ssh-wire.ts'
import type { SshSignature } from './sshsig.ts'

const RSA_HASHES = new Map([
  ['rsa-sha2-256', 'sha256'],
  ['rsa-sha2-512', 'sha512'],
])
const ECDSA = new Map([
  ['nistp256', { hash: 'sha256', size: 32 }],
  ['nistp384', { hash: 'sha384', size: 48 }],
  ['nistp521', { hash: 'sha512', size: 66 }],
])
const USER_PRESENT = 1

/**
 * True when the signature is by its key over exactly these bytes. RSA only with SHA-2 (RFC 8332); hardware keys only
 * when somebody touched them (PROTOCOL.u2f). Throws WireProblem on a form that is not supported.
 */
export function isSignedBy(parts: SshSignature, data: Uint8Array): boolean {
  const { key, algorithm, signature, tail } = parts
  if (key.application === null) return verifyOne(key, algorithm, signature, data)
  if (((tail[0] ?? 0) & USER_PRESENT) === 0)
    throw new WireProblem('was made by a hardware key that nobody touched', 'unsupported')
  // What a hardware key signs is the application, its flags and counter, and the data, all hashed by SHA-256.
  const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()
  return verifyOne(key, algorithm, signature, Buffer.concat([sha256(key.application), tail, sha256(data)]))
}

function verifyOne(key: SshPublicKey, algorithm: string, signature: Buffer, data: Uint8Array): boolean {
  if (key.type === 'ssh-rsa') {
    const hash = RSA_HASHES.get(algorithm)
    if (!hash) throw new WireProblem('is by RSA without SHA-2', 'unsupported')
    return verify(hash, data, key.key, signature)
  }
  if (algorithm !== key.type) throw new WireProblem('is of another kind than its key', 'unsupported')
  if (key.type.includes('ssh-ed25519')) return verify(null, data, key.key, signature)
  const curve = ECDSA.get(/nistp\d+/.exec(key.type)?.[0] ?? '')
  if (!curve) return false
  const pair = ecdsaPair(signature, curve.size)
  return verify(curve.hash, data, { key: key.key, dsaEncoding: 'ieee-p1363' }, pair)
}

/** SSH's two integers as the pair of fixed width that node takes. */
function ecdsaPair(signature: Buffer, size: number): Buffer {
  const wire = new WireReader(signature)
  const numbers = [wire.mpint(), wire.mpint()]
  wire.end()
  if (numbers.some((n) => n.length > size)) throw new WireProblem('holds a number that is too large')
  return Buffer.concat(numbers.map((n) => Buffer.concat([Buffer.alloc(size - n.length), n])))
}
