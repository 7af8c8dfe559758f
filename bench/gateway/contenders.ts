import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../clawdbot/testing/free-port.ts'

export const KINDS = ['whole', 'streamed'] as const
export type Kind = (typeof KINDS)[number]

const PORTKEY_VERSION = '1.15.2'
/** With later versions of the server it stands on it answers 500 to every streamed completion; whole ones go by the latest. */
const STREAMING_SERVER = '1.3.3'
/** Outside the tree: the rival is no dependency of what it is compared with. */
const CACHE = process.env.GONOGO_BENCH_CACHE ?? join(homedir(), '.cache', 'gonogo-bench')
const START_MS = 20_000

export type Contender = {
  readonly name: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
}

export type Contenders = {
  readonly direct: Contender
  readonly portkey: Readonly<Record<Kind, Contender>>
  readonly clawdbot: Contender
  end(): void
}

const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))

/** The upstream, Portkey's gateway and ClawdBot's, a process each. Throws with the reason where one cannot be started. */
export async function startContenders(): Promise<Contenders> {
  const portkey = installPortkey('latest', {})
  const streaming = installPortkey('streaming', { '@hono/node-server': STREAMING_SERVER })
  const folder = mkdtempSync(join(tmpdir(), 'gonogo-bench-gateway-'))
  const children: ChildProcess[] = []
  const start = async (name: string, args: readonly string[], env: Record<string, string>, port: number) => {
    const log = openSync(join(folder, `${name}.log`), 'a')
    const child = spawn(process.execPath, args, {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', log, log],
    })
    children.push(child)
    await untilOpen(name, child, port)
    return `http://127.0.0.1:${port}`
  }
  const end = () => {
    for (const child of children) child.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  }
  try {
    const [a, b, c, d] = [await freePort(), await freePort(), await freePort(), await freePort()]
    const upstream = await start('upstream', [path('./upstream.ts')], { PORT: String(a) }, a)
    const trusting = { TRUSTED_CUSTOM_HOSTS: '127.0.0.1' }
    const whole = await start('portkey', [portkey, `--port=${b}`, '--headless'], trusting, b)
    const streamed = await start('portkey', [streaming, `--port=${d}`, '--headless'], trusting, d)
    const own = clawdbotSettings(folder, upstream, c)
    const clawdbot = await start('clawdbot', [path('../../clawdbot/gateway/main.ts')], own.env, c)
    const bearer = { authorization: `Bearer ${own.token}` }
    const toUpstream = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${upstream}/v1` }
    const rival = (url: string) => ({
      name: `Portkey ${PORTKEY_VERSION}`,
      url,
      headers: { ...bearer, ...toUpstream },
    })
    return {
      direct: { name: 'the upstream itself', url: upstream, headers: bearer },
      portkey: { whole: rival(whole), streamed: rival(streamed) },
      clawdbot: { name: 'ClawdBot', url: clawdbot, headers: bearer },
      end,
    }
  } catch (error) {
    end()
    throw error
  }
}

/** Everything on: tokens, a limit that is counted for each request, one log line each, metrics, the breaker. */
function clawdbotSettings(folder: string, upstream: string, port: number) {
  const file = join(folder, 'clawdbot.sqlite')
  const main = path('../../clawdbot/database/main.ts')
  execFileSync(process.execPath, [main, 'up', '--database', file], { stdio: ['ignore', 'ignore', 'inherit'] })
  const token = randomBytes(24).toString('hex')
  const sha256 = createHash('sha256').update(token).digest('hex')
  const entry = { sha256, caller: 'bench', user: 'bench', roles: ['user'], expiresAt: '2100-01-01T00:00:00Z' }
  writeFileSync(join(folder, 'tokens.json'), JSON.stringify({ tokens: [entry] }))
  const env = {
    PORT: String(port),
    DATABASE_FILE: file,
    TOKENS_FILE: join(folder, 'tokens.json'),
    AGENT_URL: upstream,
    MODELS: 'bench',
    MODEL_URL: upstream,
    RATE_LIMIT_PER_MINUTE: '100000000',
  }
  return { env, token }
}

function installPortkey(name: string, overrides: Readonly<Record<string, string>>): string {
  const home = join(CACHE, `portkey-${PORTKEY_VERSION}-${name}`)
  const entry = join(home, 'node_modules', '@portkey-ai', 'gateway', 'build', 'start-server.js')
  if (existsSync(entry)) return entry
  mkdirSync(home, { recursive: true })
  const dependencies = { '@portkey-ai/gateway': PORTKEY_VERSION }
  writeFileSync(join(home, 'package.json'), JSON.stringify({ private: true, dependencies, overrides }))
  console.error(`installing @portkey-ai/gateway ${PORTKEY_VERSION} into ${home} (once)…`)
  const options = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  execFileSync('npm', ['install', ...options], { cwd: home, stdio: ['ignore', 2, 2] })
  return entry
}

async function untilOpen(name: string, child: ChildProcess, port: number): Promise<void> {
  const until = performance.now() + START_MS
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`${name} ended with ${child.exitCode} while it started`)
    const isOpen = await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', body: '{}' }).then(
      (answer) => answer.text().then(() => true),
      () => false,
    )
    if (isOpen) return
    await wait(50)
  }
  throw new Error(`${name} does not answer on port ${port} after ${START_MS / 1000} s`)
}
