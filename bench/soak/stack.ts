import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../clawdbot/testing/free-port.ts'

const CLAWDBOT = fileURLToPath(new URL('../../clawdbot', import.meta.url))
const START_MS = 30_000
const LOOK_EVERY_MS = 100
/** What each process collects its garbage for, so that a heap is measured without it. */
const COLLECT = 'data:text/javascript,process.on("SIGUSR2",()=>globalThis.gc())'

/**
 * The young generation grows with the load for as long as it likes, up to what would hide a leak of 100 MiB: it is held
 * small, so that what grows beyond it is a leak.
 */
const FLAGS = ['--expose-gc', '--max-semi-space-size=8', '--import', COLLECT]

/** One process of the stack. */
export type Part = { readonly name: string; readonly url: string; readonly pid: number }

/** ClawdBot as four processes on a SQLite of their own, in a temporary folder. */
export type SoakStack = {
  readonly parts: readonly Part[]
  readonly gateway: string
  readonly model: string
  readonly token: string
  /** Where skills are added and removed. */
  readonly skills: string
  /** The names of processes that ended by themselves. */
  ended(): readonly string[]
  stop(): Promise<void>
}

/** Throws with the log's place where a process does not become ready. */
export async function startSoakStack(): Promise<SoakStack> {
  const folder = mkdtempSync(join(tmpdir(), 'clawdbot-soak-'))
  const skills = join(folder, 'skills')
  mkdirSync(skills)
  const token = randomBytes(24).toString('hex')
  const entry = {
    sha256: createHash('sha256').update(token).digest('hex'),
    ...{ caller: 'soak', user: 'soak', roles: ['user'], expiresAt: '2100-01-01T00:00:00Z' },
  }
  const tokens = join(folder, 'tokens.json')
  writeFileSync(tokens, JSON.stringify({ tokens: [entry] }))
  const database = join(folder, 'clawdbot.sqlite')
  execFileSync(process.execPath, [join(CLAWDBOT, 'database', 'main.ts'), 'up', '--database', database])
  const children = new Map<string, ChildProcess>()
  const parts: Part[] = []
  const start = async (name: string, env: Record<string, string>): Promise<string> => {
    const port = await freePort()
    const log = openSync(join(folder, `${name}.log`), 'a')
    const child = spawn(process.execPath, [...FLAGS, join(CLAWDBOT, name, 'main.ts')], {
      env: { PATH: process.env.PATH, PORT: String(port), DATABASE_FILE: database, LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', log, log],
    })
    children.set(name, child)
    const url = `http://127.0.0.1:${port}`
    await untilReady(name, url, folder)
    parts.push({ name, url, pid: child.pid ?? 0 })
    return url
  }
  const stop = async () => {
    for (const child of [...children.values()].reverse()) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      child.kill('SIGTERM')
      await once(child, 'exit')
    }
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const model = await start('model-stub', {})
    const skillsUrl = await start('skills', { SKILLS_FOLDER: skills })
    const agent = await start('agent', { SKILLS_URL: skillsUrl, MODEL_URL: model, AGENT_DEADLINE_MS: '3000' })
    const gateway = await start('gateway', {
      ...{ AGENT_URL: agent, MODELS: 'clawdbot-stub', MODEL_URL: model, TOKENS_FILE: tokens },
      RATE_LIMIT_PER_MINUTE: '1000000',
    })
    const ended = () =>
      [...children].flatMap(([name, child]) =>
        child.exitCode === null && child.signalCode === null ? [] : [name],
      )
    return { parts, gateway, model, token, skills, ended, stop }
  } catch (error) {
    await stop()
    throw error
  }
}

async function untilReady(name: string, url: string, folder: string): Promise<void> {
  const until = performance.now() + START_MS
  while (performance.now() < until) {
    const isReady = await fetch(`${url}/ready`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (isReady) return
    await wait(LOOK_EVERY_MS)
  }
  throw new Error(`${name} is not ready after ${START_MS / 1000} s; its log is in ${folder}`)
}
