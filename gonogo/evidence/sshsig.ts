import { createHash } from 'node:crypto'
import { parseKeyBlob, type SshPublicKey } from './ssh-key.ts'
import { strictBase64, WireProblem, WireReader, wireString, wireUint32 } from './ssh-wire.ts'

/** The namespace keeps a signature made here from counting anywhere else, and the other way round. */
export const NAMESPACE = 'gonogo-signoff@v1'

/** A signature's parts as OpenSSH's PROTOCOL.sshsig lays them out. */
export type SshSignature = {
  readonly key: SshPublicKey
  readonly hash: string
  readonly algorithm: string
  readonly signature: Buffer
  /** Flags and counter of a hardware key's signature; empty for others. */
  readonly tail: Buffer
}

const MAGIC = 'SSHSIG'
const VERSION = 1
const HASHES: readonly string[] = ['sha256', 'sha512']
const BEGIN = '-----BEGIN SSH SIGNATURE-----'
const END = '-----END SSH SIGNATURE-----'
const ARMORED = new RegExp(`^${BEGIN}\\n([A-Za-z0-9+/=\\n]+)\\n${END}\\n?$`)
const ARMOR_WIDTH = 70
const MAX_ARMORED_CHARS = 16 * 1024

/** The bytes that a key signs: magic, namespace, reserved, hash name, hash of the message. */
export function signedData(message: Uint8Array, hash: string): Buffer {
  const digest = createHash(hash).update(message).digest()
  return Buffer.concat([
    Buffer.from(MAGIC),
    wireString(NAMESPACE),
    wireString(''),
    wireString(hash),
    wireString(digest),
  ])
}

/** The armored signature that holds these parts; `inner` is the key's own signature blob. */
export function armoredSignature(keyBlob: Uint8Array, hash: string, inner: Uint8Array): string {
  const body = Buffer.concat([
    Buffer.from(MAGIC),
    wireUint32(VERSION),
    wireString(keyBlob),
    wireString(NAMESPACE),
    wireString(''),
    wireString(hash),
    wireString(inner),
  ])
  const lines = body.toString('base64').match(new RegExp(`.{1,${ARMOR_WIDTH}}`, 'g')) ?? []
  return [BEGIN, ...lines, END, ''].join('\n')
}

/** Takes an armored signature apart. Every field is checked and nothing may be left over. Throws WireProblem. */
export function readSignature(armored: string): SshSignature {
  if (armored.length > MAX_ARMORED_CHARS) throw new WireProblem('is too long')
  const encoded = ARMORED.exec(armored.replaceAll('\r\n', '\n'))?.[1]
  if (!encoded) throw new WireProblem('is not an armored SSH signature')
  const wire = new WireReader(strictBase64(encoded.replaceAll('\n', '')))
  wire.exactly(MAGIC)
  if (wire.uint32() !== VERSION) throw new WireProblem('has an unknown version', 'unsupported')
  const key = parseKeyBlob(wire.string())
  if (wire.text() !== NAMESPACE)
    throw new WireProblem(`was made for another purpose than ${NAMESPACE}`, 'other-namespace')
  if (wire.string().length !== 0) throw new WireProblem('has a reserved field that is not empty')
  const hash = wire.text()
  if (!HASHES.includes(hash)) throw new WireProblem('uses a hash other than sha256 and sha512', 'unsupported')
  const inner = wire.string()
  wire.end()
  return { key, hash, ...readInner(inner, key) }
}

function readInner(blob: Buffer, key: SshPublicKey): Pick<SshSignature, 'algorithm' | 'signature' | 'tail'> {
  const wire = new WireReader(blob)
  const algorithm = wire.text()
  const signature = wire.string()
  const tail =
    key.application === null
      ? Buffer.alloc(0)
      : Buffer.concat([Buffer.from([wire.byte()]), wireUint32(wire.uint32())])
  wire.end()
  return { algorithm, signature, tail }
}
