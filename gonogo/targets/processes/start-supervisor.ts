import { fork } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { outcomeSchema } from '../call.ts'
import { type ControlClient, SupervisorGone } from './control-client.ts'
import { helloSchema, PROTOCOL, type Settings, type Started } from './protocol.ts'
import { MARK } from './supervisor/leftovers.ts'
import { environmentProblem } from './supervisor/system-problem.ts'

const ENTRY = fileURLToPath(new URL('supervisor.ts', import.meta.url))
const START_LIMIT_MS = 20_000
/** Another client may be starting one at this moment; its socket is waited for this often. */
const ATTEMPTS = 40
const ATTEMPT_EVERY_MS = 100

/** Connects to the environment's supervisor, starting one when there is none, and gives it the settings. */
export async function ensureSupervisor(client: ControlClient, settings: Settings): Promise<Started> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const running = await greet(client, settings)
    if (running) return running
    const started = await startSupervisor(settings)
    if (started.ok || started.code !== 'already-running') return started
    await wait(ATTEMPT_EVERY_MS)
  }
  return silent(settings)
}

async function greet(client: ControlClient, settings: Settings): Promise<Started | null> {
  try {
    const hello = await client.get('/hello', helloSchema)
    if (hello.protocol === PROTOCOL) return await client.post('/settings', settings, outcomeSchema)
    const detail = `the supervisor of ${settings.name} (process ${hello.pid}) belongs to another gonogo; end it with that one`
    return { ok: false, code: 'supervisor-version', detail }
  } catch (error) {
    if (error instanceof SupervisorGone) return null
    if (error instanceof Error && error.name === 'TimeoutError') return silent(settings)
    return environmentProblem(error, settings.folder)
  }
}

async function startSupervisor(settings: Settings): Promise<Started> {
  const log = openLog(settings)
  if (typeof log !== 'number') return log
  // The mark is for what the supervisor starts; here it would come from a gonogo that runs below another supervisor.
  const { [MARK]: _, ...env } = process.env
  const child = fork(ENTRY, [], {
    detached: true,
    stdio: ['ignore', log, log, 'ipc'],
    env,
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  closeSync(log)
  const limit = AbortSignal.timeout(START_LIMIT_MS)
  const ended = once(child, 'exit', { signal: limit }).then(([code]) =>
    failedStart(settings, `exit code ${code}`),
  )
  const answered = once(child, 'message', { signal: limit }).then(([message]) => outcomeSchema.parse(message))
  const late = failedStart(settings, `no answer in ${START_LIMIT_MS} ms`)
  child.send(settings)
  const started = await Promise.race([answered, ended]).catch(() => late)
  for (const open of [answered, ended]) open.catch(() => {})
  if (started === late) child.kill('SIGKILL')
  child.unref()
  if (child.connected) child.disconnect()
  return started
}

function openLog(settings: Settings): number | Started {
  try {
    mkdirSync(settings.folder, { recursive: true, mode: 0o700 })
    return openSync(logFileOf(settings), 'a', 0o600)
  } catch (error) {
    return environmentProblem(error, settings.folder)
  }
}

const silent = (settings: Settings): Started => ({
  ok: false,
  code: 'supervisor-silent',
  detail: `a supervisor has ${settings.folder} but does not answer; see ${logFileOf(settings)}`,
})

const failedStart = (settings: Settings, how: string): Started => ({
  ok: false,
  code: 'supervisor-failed',
  detail: `the supervisor of ${settings.name} did not start (${how}); see ${logFileOf(settings)}`,
})

const logFileOf = (settings: Settings): string => join(settings.folder, 'supervisor.log')
