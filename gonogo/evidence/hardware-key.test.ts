import { spawnSync } from 'node:child_process'
import { createHash, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { messageOf, verifyStatement } from './signatures.ts'
import { wireString, wireUint32 } from './ssh-wire.ts'
import { armoredSignature, NAMESPACE, signedData } from './sshsig.ts'

const APPLICATION = 'ssh:'
const statement = { gonogo: 1, person: 'cy', deployment: 'd-1' }
const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest()

/** A security key in software: it signs exactly what a hardware key would (PROTOCOL.u2f), touched or not. */
class SoftKey {
  readonly line: string
  readonly #type: string
  readonly #blob: Buffer
  readonly #privateKey: KeyObject

  constructor(type: 'sk-ssh-ed25519@openssh.com' | 'sk-ecdsa-sha2-nistp256@openssh.com') {
    const isEcdsa = type.includes('ecdsa')
    const pair = isEcdsa ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519')
    const { x = '', y = '' } = pair.publicKey.export({ format: 'jwk' })
    const bytes = [x, y].map((text) => Buffer.from(text, 'base64url'))
    const point = isEcdsa
      ? [wireString('nistp256'), wireString(Buffer.concat([Buffer.from([4]), ...bytes]))]
      : [wireString(bytes[0] ?? '')]
    this.#type = type
    this.#privateKey = pair.privateKey
    this.#blob = Buffer.concat([wireString(type), ...point, wireString(APPLICATION)])
    this.line = `${type} ${this.#blob.toString('base64')} cy@example.com`
  }

  sign(message: Uint8Array, flags = 1): string {
    const tail = Buffer.concat([Buffer.from([flags]), wireUint32(7)])
    const data = Buffer.concat([sha256(APPLICATION), tail, sha256(signedData(message, 'sha512'))])
    const inner = [wireString(this.#type), wireString(this.#raw(data)), tail]
    return armoredSignature(this.#blob, 'sha512', Buffer.concat(inner))
  }

  #raw(data: Buffer): Buffer {
    if (!this.#type.includes('ecdsa')) return sign(null, data, this.#privateKey)
    const pair = sign('sha256', data, { key: this.#privateKey, dsaEncoding: 'ieee-p1363' })
    return Buffer.concat([pair.subarray(0, 32), pair.subarray(32)].map((n) => wireString(positive(n))))
  }
}

/** The shortest form of a positive number (RFC 4251, mpint). */
function positive(bytes: Buffer): Buffer {
  const rest = bytes.subarray(bytes.findIndex((byte) => byte !== 0))
  return (rest[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.from([0]), rest]) : rest
}

describe.each(['sk-ssh-ed25519@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com'] as const)('%s', (type) => {
  const key = new SoftKey(type)

  it('holds when somebody touched the key', () => {
    expect(verifyStatement(statement, key.sign(messageOf(statement)), [key.line])).toMatchObject({ ok: true })
  })

  it('does not hold without a touch, or over another statement', () => {
    const untouched = key.sign(messageOf(statement), 0)
    expect(verifyStatement(statement, untouched, [key.line])).toMatchObject({ code: 'unsupported' })
    const other = verifyStatement({ other: 1 }, key.sign(messageOf(statement)), [key.line])
    expect(other).toMatchObject({ code: 'bad-signature' })
  })

  it.skipIf(spawnSync('ssh-keygen', ['-?']).error !== undefined)('is accepted by ssh-keygen as well', () => {
    const folder = mkdtempSync(join(tmpdir(), 'gonogo-soft-key-'))
    writeFileSync(join(folder, 'signers'), `cy namespaces="${NAMESPACE}" ${key.line}\n`)
    writeFileSync(join(folder, 'signature'), key.sign(messageOf(statement)))
    const args = ['-Y', 'verify', '-f', 'signers', '-I', 'cy', '-n', NAMESPACE, '-s', 'signature']
    const run = spawnSync('ssh-keygen', args, { cwd: folder, input: messageOf(statement) })
    rmSync(folder, { recursive: true })
    expect(run.stderr.toString()).toBe('')
    expect(run.status).toBe(0)
  })
})
