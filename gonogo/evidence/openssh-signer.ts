import { spawn } from 'node:child_process'
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Signer, SignResult } from './signer.ts'
import { NAMESPACE } from './sshsig.ts'

/** How long a person may take to enter a passphrase or touch a key. */
const SIGN_LIMIT_MS = 5 * 60_000
const MAX_REASON_CHARS = 300

export type OpensshSignerOptions = {
  /** The private key, or the public one when ssh-agent or a hardware key holds the other half. */
  readonly keyFile: string
  readonly limitMs?: number
}

/**
 * Signs through `ssh-keygen -Y sign`, so that ssh-agent, passphrases and hardware keys work as people have them. The
 * message goes by a private temporary file, because ssh-keygen asks on a terminal only while its stdin is one.
 */
export const opensshSigner = (options: OpensshSignerOptions): Signer => ({
  async sign(message) {
    const { keyFile } = options
    if (!(await canRead(keyFile)))
      return { ok: false, code: 'no-key-file', message: `the key ${keyFile} cannot be read` }
    const folder = await mkdtemp(join(tmpdir(), 'gonogo-sign-'))
    const file = join(folder, 'statement.json')
    try {
      await writeFile(file, message)
      const refused = await runSshKeygen(options, file)
      return refused ?? { ok: true, signature: await readFile(`${file}.sig`, 'utf8') }
    } catch {
      return notSigned(keyFile, `${file}.sig cannot be read`)
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  },
})

type Refused = Extract<SignResult, { ok: false }>

const notSigned = (keyFile: string, why: string): Refused => ({
  ok: false,
  code: 'not-signed',
  message: `ssh-keygen did not sign with ${keyFile}: ${why}`,
})

/** Null when it signed. On a terminal its prompts and complaints go there; elsewhere its last line becomes the reason. */
function runSshKeygen({ keyFile, limitMs = SIGN_LIMIT_MS }: OpensshSignerOptions, file: string) {
  return new Promise<Refused | null>((resolve) => {
    const isShown = process.stderr.isTTY === true
    const child = spawn('ssh-keygen', ['-Y', 'sign', '-n', NAMESPACE, '-f', keyFile, file], {
      stdio: [process.stdin.isTTY ? 'inherit' : 'ignore', 'ignore', isShown ? 'inherit' : 'pipe'],
      timeout: limitMs,
    })
    let said = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString('utf8')).slice(-4 * MAX_REASON_CHARS)
    })
    child.on('error', () =>
      resolve({
        ok: false,
        code: 'no-ssh-keygen',
        message: 'ssh-keygen cannot be started; install OpenSSH’s client to sign with an SSH key',
      }),
    )
    child.on('close', (code, signal) => {
      if (code === 0) return resolve(null)
      const late = signal ? `it was ended after ${limitMs / 1000} s` : ''
      const shown = isShown ? 'it says why above' : ''
      resolve(notSigned(keyFile, late || lastLine(said) || shown || `it ended with code ${code}`))
    })
  })
}

const lastLine = (text: string): string =>
  (text.trim().split('\n').at(-1) ?? '').trim().slice(0, MAX_REASON_CHARS)

const canRead = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  )
