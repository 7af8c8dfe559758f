import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { strictBase64, WireProblem, WireReader, wireString } from './ssh-wire.ts'

/** An OpenSSH public key as it can be verified with: `blob` are its exact wire bytes (RFC 4253, 5656, 8709, PROTOCOL.u2f). */
export type SshPublicKey = {
  readonly type: string
  readonly blob: Buffer
  readonly key: KeyObject
  /** For hardware keys: the application that the signature must name. */
  readonly application: string | null
}

export type KeyResult =
  | { readonly ok: true; readonly key: SshPublicKey }
  | {
      readonly ok: false
      readonly code: 'not-a-key' | 'private-key' | 'weak-key' | 'unsupported'
      readonly message: string
    }

const MIN_RSA_BITS = 2048
const MAX_RSA_BITS = 16_384
const KEY_LINE =
  /(?:^|\s)((?:ssh|ecdsa|sk-ssh|sk-ecdsa)-[a-z0-9-]+(?:@[a-z.]+)?)\s+([A-Za-z0-9+/]+=*)(?:\s|$)/
const NOT_A_KEY = 'this is not an OpenSSH public key line such as “ssh-ed25519 AAAA… name”'

/** JOSE name and bytes of a coordinate, by the curve's SSH name. */
const CURVES = new Map([
  ['nistp256', { crv: 'P-256', size: 32 }],
  ['nistp384', { crv: 'P-384', size: 48 }],
  ['nistp521', { crv: 'P-521', size: 66 }],
])

/** Reads one line as in authorized_keys or a .pub file. Never throws; the message says what is wrong with the line. */
export function parsePublicKey(line: string): KeyResult {
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(line))
    return {
      ok: false,
      code: 'private-key',
      message: 'this is a private key; give the line of its .pub file',
    }
  const [, type = '', encoded = ''] = KEY_LINE.exec(line.trim()) ?? []
  if (!type) return { ok: false, code: 'not-a-key', message: NOT_A_KEY }
  if (/(^|,)cert-authority[,\s]/i.test(line))
    return {
      ok: false,
      code: 'unsupported',
      message: 'a certificate authority signs for nobody; give the person’s own key',
    }
  try {
    const key = parseKeyBlob(strictBase64(encoded))
    if (key.type === type) return { ok: true, key }
    return { ok: false, code: 'not-a-key', message: `the key line says ${type} but holds ${key.type}` }
  } catch (error) {
    if (!(error instanceof WireProblem)) return { ok: false, code: 'not-a-key', message: NOT_A_KEY }
    const isKey = error.code === 'weak-key' || error.code === 'unsupported'
    return {
      ok: false,
      code: isKey ? (error.code as 'weak-key') : 'not-a-key',
      message: `the ${type} key ${error.message}`,
    }
  }
}

/** `SHA256:…` as `ssh-keygen -lf` prints it; null for a line that is no supported key. */
export function fingerprint(line: string): string | null {
  const parsed = parsePublicKey(line)
  if (!parsed.ok) return null
  return `SHA256:${createHash('sha256').update(parsed.key.blob).digest('base64').replace(/=+$/, '')}`
}

/** Reads a key's wire bytes. Throws WireProblem. */
export function parseKeyBlob(blob: Buffer): SshPublicKey {
  const wire = new WireReader(blob)
  const type = wire.text()
  const isHardware = type.startsWith('sk-')
  const key = readKey(type, wire)
  const application = isHardware ? wire.text() : null
  wire.end()
  return { type, blob, key, application }
}

export function ed25519Blob(publicKey: KeyObject): Buffer {
  const x = Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url')
  return Buffer.concat([wireString('ssh-ed25519'), wireString(x)])
}

function readKey(type: string, wire: WireReader): KeyObject {
  switch (type) {
    case 'ssh-ed25519':
    case 'sk-ssh-ed25519@openssh.com':
      return ed25519(wire)
    case 'ecdsa-sha2-nistp256':
    case 'ecdsa-sha2-nistp384':
    case 'ecdsa-sha2-nistp521':
    case 'sk-ecdsa-sha2-nistp256@openssh.com':
      return ecdsa(type, wire)
    case 'ssh-rsa':
      return rsa(wire)
    default:
      throw new WireProblem('is of a type that is not supported; ed25519 is the one to use', 'unsupported')
  }
}

const base64url = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64url')

function ed25519(wire: WireReader): KeyObject {
  const x = wire.string()
  if (x.length !== 32) throw new WireProblem('has a wrong length')
  return fromJwk({ kty: 'OKP', crv: 'Ed25519', x: base64url(x) })
}

function ecdsa(type: string, wire: WireReader): KeyObject {
  const name = wire.text()
  const curve = CURVES.get(name)
  const point = wire.string()
  if (!curve || !type.includes(`-${name}`) || point[0] !== 4 || point.length !== 1 + 2 * curve.size)
    throw new WireProblem('holds no usable curve point')
  const x = base64url(point.subarray(1, 1 + curve.size))
  return fromJwk({ kty: 'EC', crv: curve.crv, x, y: base64url(point.subarray(1 + curve.size)) })
}

function rsa(wire: WireReader): KeyObject {
  const e = wire.mpint()
  const n = wire.mpint()
  const bits = n.length * 8 - (Math.clz32(n[0] ?? 0) - 24)
  if (bits < MIN_RSA_BITS) throw new WireProblem(`has ${bits} bits; ${MIN_RSA_BITS} is the least`, 'weak-key')
  if (bits > MAX_RSA_BITS)
    throw new WireProblem(`has ${bits} bits; ${MAX_RSA_BITS} is the most`, 'unsupported')
  const last = e.at(-1) ?? 0
  if (last % 2 === 0 || (e.length === 1 && last < 3))
    throw new WireProblem('has an exponent that protects nothing', 'weak-key')
  return fromJwk({ kty: 'RSA', n: base64url(n), e: base64url(e) })
}

function fromJwk(jwk: Record<string, string>): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    throw new WireProblem('holds no valid key')
  }
}
