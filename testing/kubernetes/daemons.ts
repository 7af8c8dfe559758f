import { spawn } from 'node:child_process'
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import { inHome } from './places.ts'

const PATIENCE_MS = 60_000
const LOOK_EVERY_MS = 100
const ENDING_MS = 8000
const LOG_LINES = 15

type Record = { readonly pid: number; readonly identity: string }

/** Starts a program that outlives this process, unless it runs already; its output goes to `logs/NAME.log`. */
export function startDaemon(
  name: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): void {
  if (isRunning(name)) return
  mkdirSync(inHome('logs'), { recursive: true })
  mkdirSync(inHome('pids'), { recursive: true })
  const log = openSync(logFile(name), 'a')
  const child = spawn(command, [...args], {
    cwd: inHome(),
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  })
  closeSync(log)
  child.on('error', () => undefined)
  if (child.pid === undefined) throw new Error(`${command} cannot be started`)
  child.unref()
  const record: Record = { pid: child.pid, identity: identityOf(child.pid) ?? '' }
  writeFileSync(pidFile(name), JSON.stringify(record))
}

export function isRunning(name: string): boolean {
  const record = recordOf(name)
  return record !== null && identityOf(record.pid) === record.identity
}

/** Every daemon that was ever started here, in the order of their names. */
export const daemons = (): string[] =>
  existsSync(inHome('pids')) ? readdirSync(inHome('pids')).map((file) => file.replace(/\.json$/, '')) : []

/** Ends a daemon, first by asking; a process that only has its old id is left alone. */
export async function stopDaemon(name: string): Promise<void> {
  const record = recordOf(name)
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!record || !isRunning(name)) break
    process.kill(record.pid, signal)
    const until = Date.now() + ENDING_MS
    while (isRunning(name) && Date.now() < until) await wait(LOOK_EVERY_MS)
  }
  rmSync(pidFile(name), { force: true })
}

/** Waits until it is so; throws with what was waited for and the end of the daemon's log when it ends or takes too long. */
export async function waitFor(
  what: string,
  daemon: string,
  isSo: () => Promise<boolean>,
  limitMs: number = PATIENCE_MS,
): Promise<void> {
  const until = Date.now() + limitMs
  for (;;) {
    if (await isSo().catch(() => false)) return
    const hasEnded = !isRunning(daemon)
    if (hasEnded || Date.now() > until)
      throw new Error(
        `${what}: ${daemon} ${hasEnded ? 'has ended' : `is not there after ${limitMs / 1000} s`}; the end of ${logFile(daemon)}:\n${endOfLog(daemon)}`,
      )
    await wait(LOOK_EVERY_MS)
  }
}

const endOfLog = (name: string): string =>
  existsSync(logFile(name))
    ? readFileSync(logFile(name), 'utf8').trimEnd().split('\n').slice(-LOG_LINES).join('\n')
    : '(no log)'

const logFile = (name: string): string => inHome('logs', `${name}.log`)
const pidFile = (name: string): string => inHome('pids', `${name}.json`)

function recordOf(name: string): Record | null {
  if (!existsSync(pidFile(name))) return null
  return JSON.parse(readFileSync(pidFile(name), 'utf8')) as Record
}

/** When a process was started (field 22 of its stat), which tells it from a later one with the same id. */
function identityOf(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? null : (fields[19] ?? null)
  } catch {
    return null
  }
}
