import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  fingerprint,
  makeDemoKey,
  memorySigner,
  messageOf,
  opensshSigner,
  parsePublicKey,
  signStatement,
  verifyStatement,
} from './signatures.ts'

const NAMESPACE = 'gonogo-signoff@v1'
const statement = { gonogo: 1, person: 'ada', deployment: 'd-1', text: 'grün – 3 of 3' }
const folder = mkdtempSync(join(tmpdir(), 'gonogo-openssh-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const hasSshKeygen = spawnSync('ssh-keygen', ['-?']).error === undefined
if (!hasSshKeygen && process.env.CI === 'true')
  throw new Error('ssh-keygen is missing; with CI=true it must be there')

function sshKeygen(args: string[], input?: Uint8Array): string {
  const run = spawnSync('ssh-keygen', args, { input: input ?? '', cwd: folder })
  if (run.status !== 0) throw new Error(`ssh-keygen ${args.join(' ')}: ${run.stderr}`)
  return run.stdout.toString('utf8')
}

function makeKey(name: string, ...type: string[]): { file: string; line: string } {
  const file = join(folder, name)
  sshKeygen(['-q', '-t', ...type, '-N', '', '-C', `${name}@example.com`, '-f', file])
  return { file, line: readFileSync(`${file}.pub`, 'utf8').trim() }
}

function sshKeygenAccepts(line: string, signature: string, message: Uint8Array): boolean {
  writeFileSync(join(folder, 'allowed_signers'), `ada namespaces="${NAMESPACE}" ${line}\n`)
  writeFileSync(join(folder, 'signature'), signature)
  const args = ['-Y', 'verify', '-f', 'allowed_signers', '-I', 'ada', '-n', NAMESPACE, '-s', 'signature']
  return spawnSync('ssh-keygen', args, { input: message, cwd: folder }).status === 0
}

describe.skipIf(!hasSshKeygen)('with the real ssh-keygen', () => {
  const kinds: [string, string[]][] = [
    ['ed25519', ['ed25519']],
    ['ecdsa-256', ['ecdsa', '-b', '256']],
    ['ecdsa-384', ['ecdsa', '-b', '384']],
    ['ecdsa-521', ['ecdsa', '-b', '521']],
    ['rsa-3072', ['rsa', '-b', '3072']],
  ]

  it.each(kinds)('what it signs with %s holds here, and its fingerprint is the same', async (name, type) => {
    const { file, line } = makeKey(name, ...type)
    const signed = await signStatement(statement, opensshSigner({ keyFile: file }))
    if (!signed.ok) throw new Error(signed.message)
    expect(verifyStatement(statement, signed.signature, [line])).toEqual({ ok: true, key: line })
    expect(verifyStatement({ ...statement, person: 'bo' }, signed.signature, [line])).toMatchObject({
      code: 'bad-signature',
    })
    expect(sshKeygen(['-lf', `${file}.pub`])).toContain(` ${fingerprint(line)} `)
  })

  it.each(['sha256', 'sha512'])('signatures with the hash %s hold', (hash) => {
    const { file, line } = makeKey(`hash-${hash}`, 'ed25519')
    const args = ['-Y', 'sign', '-n', NAMESPACE, '-O', `hashalg=${hash}`, '-f', file]
    const signature = sshKeygen(args, messageOf(statement))
    expect(verifyStatement(statement, signature, [line]).ok).toBe(true)
  })

  it('it accepts what is signed in memory, and refuses it over another statement', async () => {
    const { publicKeyLine, privateKeyPem } = makeDemoKey('ada@demo')
    const signed = await signStatement(statement, memorySigner(privateKeyPem))
    if (!signed.ok) throw new Error(signed.message)
    expect(sshKeygenAccepts(publicKeyLine, signed.signature, messageOf(statement))).toBe(true)
    expect(sshKeygenAccepts(publicKeyLine, signed.signature, messageOf({ other: 1 }))).toBe(false)
  })

  it('a signature for another namespace does not count', () => {
    const { file, line } = makeKey('namespace', 'ed25519')
    const signature = sshKeygen(['-Y', 'sign', '-n', 'git', '-f', file], messageOf(statement))
    expect(verifyStatement(statement, signature, [line])).toMatchObject({
      ok: false,
      code: 'other-namespace',
    })
  })

  it('an RSA key under 2048 bits is refused by name', () => {
    const { line } = makeKey('weak', 'rsa', '-b', '1024')
    expect(parsePublicKey(line)).toMatchObject({ ok: false, code: 'weak-key' })
    expect(parsePublicKey(line)).toHaveProperty('message', 'the ssh-rsa key has 1024 bits; 2048 is the least')
  })

  it('a key that needs a passphrase where nobody can enter one is an answer, not a hang', async () => {
    const file = join(folder, 'locked')
    sshKeygen(['-q', '-t', 'ed25519', '-N', 'a long passphrase', '-f', file])
    expect(await signStatement(statement, opensshSigner({ keyFile: file }))).toMatchObject({
      ok: false,
      code: 'not-signed',
      message: expect.stringContaining(file),
    })
  })
})

it('a key file that is not there is an answer that names it', async () => {
  const signed = await signStatement(statement, opensshSigner({ keyFile: '/nowhere/id' }))
  expect(signed).toEqual({ ok: false, code: 'no-key-file', message: 'the key /nowhere/id cannot be read' })
})
