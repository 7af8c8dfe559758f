import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  fingerprint,
  makeDemoKey,
  memorySigner,
  parsePublicKey,
  signStatement,
  verifyStatement,
} from './signatures.ts'

const { publicKeyLine, privateKeyPem } = makeDemoKey('ada@demo')
const statement = { gonogo: 1, kind: 'vote', person: 'ada', vote: 'GO' }
const signed = await signStatement(statement, memorySigner(privateKeyPem))
const armored = signed.ok ? signed.signature : ''

const flipped = (text: string, at: number, by: number): string => {
  const bytes = Buffer.from(text)
  bytes[at] = (bytes[at] ?? 0) ^ by
  return bytes.toString('latin1')
}

describe('a signature', () => {
  it('holds for its statement in any order of keys, and names the key that made it', () => {
    const other = makeDemoKey('bo').publicKeyLine
    const reordered = { vote: 'GO', person: 'ada', kind: 'vote', gonogo: 1 }
    const answer = verifyStatement(reordered, armored, ['# no key', other, publicKeyLine])
    expect(answer).toEqual({ ok: true, key: publicKeyLine })
  })

  it('does not hold for somebody else’s keys, or for none', () => {
    for (const keys of [[makeDemoKey('bo').publicKeyLine], []])
      expect(verifyStatement(statement, armored, keys)).toMatchObject({ ok: false, code: 'foreign-key' })
  })

  it('does not hold with any one byte of it changed', () => {
    for (let at = 0; at < armored.length; at++)
      for (const by of [1, 7, 0x20, 0x80])
        expect(verifyStatement(statement, flipped(armored, at, by), [publicKeyLine]).ok, `byte ${at}`).toBe(
          false,
        )
  })

  it('does not hold with any one byte of the statement changed', () => {
    const text = 'seen at 14:02'
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.integer({ min: 1, max: 127 }), (at, by) => {
        const changed = { ...statement, vote: flipped(text, at, by) }
        expect(verifyStatement(changed, armored, [publicKeyLine]).ok).toBe(false)
      }),
    )
  })

  it('does not hold when it is cut off, or when anything stands around it', () => {
    for (let length = 0; length < armored.length - 1; length++)
      expect(verifyStatement(statement, armored.slice(0, length), [publicKeyLine]).ok).toBe(false)
    for (const text of [`${armored}x`, `x${armored}`, armored + armored, `${armored}\n`])
      expect(verifyStatement(statement, text, [publicKeyLine]).ok).toBe(false)
  })
})

describe('garbage', () => {
  it('never throws as a signature, armored or not', () => {
    const armor = (body: string) => `-----BEGIN SSH SIGNATURE-----\n${body}\n-----END SSH SIGNATURE-----\n`
    const bytes = fc.uint8Array({ maxLength: 400 }).map((b) => Buffer.from(b).toString('base64'))
    const framed = fc
      .uint8Array({ maxLength: 200 })
      .map((b) => `U1NIU0lH${Buffer.from(b).toString('base64')}`)
    const any = fc.oneof(fc.string(), bytes.map(armor), framed.map(armor))
    fc.assert(
      fc.property(any, (text) => {
        expect(verifyStatement(statement, text, [publicKeyLine]).ok).toBe(false)
      }),
      { numRuns: 1000 },
    )
  })

  it('never throws as a key, and is told why', () => {
    const types = fc.constantFrom('ssh-ed25519', 'ssh-rsa', 'ecdsa-sha2-nistp256', 'ssh-dss', 'constructor')
    const line = fc
      .tuple(types, fc.uint8Array({ maxLength: 100 }))
      .map(([type, bytes]) => `${type} ${Buffer.from(bytes).toString('base64')}`)
    fc.assert(
      fc.property(fc.oneof(fc.string(), line), (text) => {
        expect(parsePublicKey(text)).toMatchObject({ ok: false, message: expect.any(String) })
        expect(fingerprint(text)).toBeNull()
      }),
      { numRuns: 1000 },
    )
  })
})

describe('a key line', () => {
  it('may have options before it and a name behind it', () => {
    expect(parsePublicKey(`no-pty,from="10.0.0.0/8, 10.1.0.1" ${publicKeyLine}\n`)).toMatchObject({
      ok: true,
    })
  })

  it('is refused with its reason', () => {
    const reasonOf = (line: string) => {
      const parsed = parsePublicKey(line)
      return parsed.ok ? 'accepted' : `${parsed.code}: ${parsed.message}`
    }
    const blob = publicKeyLine.split(' ')[1]
    expect(reasonOf('hello')).toMatch(/^not-a-key: this is not an OpenSSH public key line/)
    expect(reasonOf(privateKeyPem)).toMatch(/^private-key: .*\.pub/)
    expect(reasonOf(`ssh-rsa ${blob}`)).toBe('not-a-key: the key line says ssh-rsa but holds ssh-ed25519')
    expect(reasonOf(publicKeyLine.slice(0, 60))).toMatch(/^not-a-key: the ssh-ed25519 key is /)
    expect(reasonOf(`cert-authority ${publicKeyLine}`)).toMatch(/^unsupported: a certificate authority/)
    expect(reasonOf('ssh-dss AAAAB3NzaC1kc3MAAAAA')).toMatch(/^unsupported: the ssh-dss key is of a type/)
  })

  it('that is not ed25519 does not sign in memory', async () => {
    expect(await signStatement(statement, memorySigner('no key'))).toMatchObject({
      ok: false,
      code: 'bad-key',
    })
  })
})
