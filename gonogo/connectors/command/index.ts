import { execFile } from 'node:child_process'

export type CommandResult = {
  readonly ok: boolean
  readonly stdout: string
  readonly stderr: string
  readonly code: number | null
}

const MAX_OUTPUT = 4 * 1024 * 1024

/** Runs a declared command to its end. `node` means the node that runs gonogo. Never throws: a missing program is a result. */
export function runCommand(
  command: readonly string[],
  options: { cwd: string; env?: Record<string, string>; limitMs: number },
): Promise<CommandResult> {
  const [program = '', ...args] = command
  return new Promise((resolve) => {
    execFile(
      program === 'node' ? process.execPath : program,
      args,
      {
        cwd: options.cwd,
        env: { ...process.env, ...options.env },
        timeout: options.limitMs,
        maxBuffer: MAX_OUTPUT,
      },
      (error, stdout, stderr) => {
        const code = error ? (typeof error.code === 'number' ? error.code : null) : 0
        const said = stderr.trim() || (error && code === null ? error.message : '')
        resolve({ ok: !error, stdout, stderr: said, code })
      },
    )
  })
}
