import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { endGroup, MARK } from './leftovers.ts'
import { identityOf, isSameProcess, signalProcess } from './process-identity.ts'
import type { ProcessRecord } from './saved-state.ts'
import { settlesWithin } from './settles-within.ts'

const FIRST_BACKOFF_MS = 200
/** A process that always ends is tried again for ever, but never more often than this. */
const LONGEST_BACKOFF_MS = 10_000
/** Up this long, it counts as working again and the next restart is quick. */
const SETTLED_AFTER_MS = 30_000
const ADOPTED_POLL_MS = 200
const KILL_LIMIT_MS = 5000

export type Launch = {
  readonly command: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string>>
}

export type ProcessEvents = {
  /** The record changed and should be saved. */
  changed(): void
  /** It ended without being told to; a restart is due. */
  ended(how: string): void
}

/** One child: started, watched, restarted, ended. It outlives the supervisor and can be adopted by the next one. */
export class ManagedProcess {
  readonly record: ProcessRecord
  /** Why the last start or run ended; null while nothing went wrong. */
  lastEnd: string | null = null
  /** The program could not be started at all: trying again does not help a deployment that waits. */
  isUnstartable = false
  /** What its last probe said. */
  isReady = false
  readonly #launch: Launch
  readonly #events: ProcessEvents
  #isStopping = false
  #failuresInRow = 0
  #restartTimer: NodeJS.Timeout | null = null
  #gone: PromiseWithResolvers<void> | null = null

  constructor(record: ProcessRecord, launch: Launch, events: ProcessEvents) {
    this.record = record
    this.#launch = launch
    this.#events = events
  }

  get isRunning(): boolean {
    return this.#gone !== null
  }

  start(): void {
    if (this.#isStopping || this.#gone) return
    const gone = Promise.withResolvers<void>()
    this.#gone = gone
    this.record.startedAtMs = Date.now()
    try {
      this.#spawn(gone)
    } catch (error) {
      // No log file (a full disk, a missing folder) or no process table entry: as if it had ended at once.
      this.#ended(gone, error instanceof Error ? error.message : String(error))
    }
    this.#events.changed()
  }

  #spawn(gone: PromiseWithResolvers<void>): void {
    const [program = '', ...args] = this.#launch.command
    const { cwd, env } = this.#launch
    const log = openSync(this.record.logFile, 'a', 0o600)
    try {
      // A group of its own, so that what it leaves behind can be ended; files instead of pipes, so that it outlives us.
      const child = spawn(program, args, { cwd, env, detached: true, stdio: ['ignore', log, log] })
      this.record.pid = child.pid ?? null
      this.record.identity = child.pid ? identityOf(child.pid) : null
      child.once('error', (error) => {
        this.isUnstartable = child.pid === undefined
        this.#ended(gone, startError(error, program, cwd))
      })
      child.once('exit', (code, signal) =>
        this.#ended(gone, signal ? `ended by ${signal}` : `exit code ${code}`),
      )
    } finally {
      closeSync(log)
    }
  }

  /** Takes over a process that an earlier supervisor started; false when it is gone. */
  adopt(): boolean {
    const { pid, identity } = this.record
    if (pid === null || identity === null || !isSameProcess(pid, identity)) return false
    const gone = Promise.withResolvers<void>()
    this.#gone = gone
    const timer = setInterval(() => {
      if (isSameProcess(pid, identity)) return
      clearInterval(timer)
      this.#ended(gone, 'ended (it was adopted; its exit code is not known)')
    }, ADOPTED_POLL_MS)
    return true
  }

  /** Tells it to end, waits, and ends it for good with everything in its group. */
  async stop(graceMs: number): Promise<void> {
    this.#isStopping = true
    if (this.#restartTimer) clearTimeout(this.#restartTimer)
    const { pid, identity } = this.record
    const gone = this.#gone
    if (!gone || pid === null || identity === null) return
    signalProcess(pid, identity, 'SIGTERM', 'process')
    if (await settlesWithin(gone.promise, graceMs)) return
    signalProcess(pid, identity, 'SIGKILL', 'group')
    await settlesWithin(gone.promise, KILL_LIMIT_MS)
  }

  #ended(gone: PromiseWithResolvers<void>, how: string): void {
    if (this.#gone !== gone) return
    this.#gone = null
    this.lastEnd = how
    const { pid } = this.record
    if (pid !== null) endGroup(this.#launch.env[MARK] ?? '', pid)
    this.record.pid = null
    this.record.identity = null
    gone.resolve()
    if (this.#isStopping) return
    this.record.restarts++
    this.#failuresInRow =
      Date.now() - this.record.startedAtMs > SETTLED_AFTER_MS ? 1 : this.#failuresInRow + 1
    const backoffMs = Math.min(LONGEST_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#failuresInRow - 1))
    this.#restartTimer = setTimeout(() => this.start(), backoffMs)
    this.#events.changed()
    this.#events.ended(how)
  }
}

/** `spawn` says ENOENT for a missing program and for a missing folder alike. */
function startError(error: NodeJS.ErrnoException, program: string, cwd: string): string {
  if (error.code === 'ENOENT') return `${program} cannot be started in ${cwd}: no such program or folder`
  if (error.code === 'EACCES') return `${program} cannot be started in ${cwd}: permission denied`
  return error.message
}
