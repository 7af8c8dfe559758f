import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ReadingProblem } from '../reading-problem.ts'

const LIMIT_MS = 45_000
const MAX_OUTPUT = 64 * 1024 * 1024

/**
 * Runs `npm audit` on a lockfile in a folder of its own: nothing is installed, no script runs, and what is audited is
 * exactly these bytes. Answers npm's JSON; findings make npm exit with 1, which is an answer as well.
 */
export async function runNpmAudit(
  files: { readonly lockfile: string; readonly manifest: string },
  signal: AbortSignal,
): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-audit-'))
  try {
    await writeFile(join(folder, 'package-lock.json'), files.lockfile)
    await writeFile(join(folder, 'package.json'), files.manifest)
    return await audit(folder, signal)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function audit(cwd: string, signal: AbortSignal): Promise<string> {
  const args = ['audit', '--json', '--package-lock-only', '--ignore-scripts']
  const options = {
    cwd,
    signal,
    timeout: LIMIT_MS,
    maxBuffer: MAX_OUTPUT,
    shell: process.platform === 'win32',
  }
  return new Promise((resolve, reject) => {
    execFile('npm', args, options, (error, stdout, stderr) => {
      if (stdout.trim() !== '') return resolve(stdout)
      const reason = stderr.trim().split('\n').at(-1) || error?.message || 'no output'
      reject(new ReadingProblem('unreachable', 'npm audit', `printed nothing (${reason})`))
    })
  })
}
