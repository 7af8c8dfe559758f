import { spawn } from 'node:child_process'
import { appendFileSync } from 'node:fs'
import { basename } from 'node:path'
import { createInterface } from 'node:readline'
import { type Decision, pendingDecision } from './contender.ts'

const ENDING_MS = 10_000

/** Lines of a controller's log that say what it decided. */
export type Signs = Readonly<Record<'rolled back' | 'promoted', RegExp>>

export type Controller = { readonly decided: Promise<Decision>; close(): Promise<void> }

/** A rival's controller as a process of this machine. Its log is what says when it decided, to the millisecond it was written. */
export function startController(
  binary: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { signs, logFile }: { readonly signs: Signs; readonly logFile: string },
): Controller {
  const child = spawn(binary, [...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const { promise: decided, resolve: decide, reject: fail } = pendingDecision()
  child.once('close', (code) => fail(new Error(`${basename(binary)} ended with ${code}; see ${logFile}`)))
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on('line', (line) => {
      const atMs = Date.now()
      appendFileSync(logFile, `${new Date(atMs).toISOString()} ${line}\n`)
      for (const outcome of ['rolled back', 'promoted'] as const) {
        const reason = signs[outcome].exec(line)?.[0]
        if (reason !== undefined) decide({ outcome, atMs, reason })
      }
    })
  return {
    decided,
    close: async () => {
      child.kill('SIGTERM')
      const killing = setTimeout(() => child.kill('SIGKILL'), ENDING_MS)
      await ended
      clearTimeout(killing)
    },
  }
}
