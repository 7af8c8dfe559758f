import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../clawdbot/testing/free-port.ts'

export type Haproxy =
  | { readonly isThere: true; readonly url: string; readonly version: string; end(): Promise<void> }
  | { readonly isThere: false; readonly reason: string }

/** Installs it where it is missing, as root. */
const PACKAGES = fileURLToPath(new URL('../../scripts/system-packages.mjs', import.meta.url))
const ATTEMPTS = 100
const ATTEMPT_EVERY_MS = 50

/** HAProxy as Debian packages it, one thread as node has, in front of the same instances. */
export async function startHaproxy(folder: string, instances: readonly string[]): Promise<Haproxy> {
  spawnSync(process.execPath, [PACKAGES, 'haproxy'], { stdio: ['ignore', 'ignore', 'inherit'] })
  const known = spawnSync('haproxy', ['-v'], { encoding: 'utf8' })
  if (known.error)
    return { isThere: false, reason: 'haproxy is not on PATH (Debian: apt-get install haproxy)' }
  const port = await freePort()
  const file = join(folder, 'haproxy.cfg')
  await writeFile(file, configuration(port, instances))
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: 'ignore' })
  const url = `http://127.0.0.1:${port}`
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const answers = await fetch(url).then(
      (answer) => answer.ok,
      () => false,
    )
    if (answers) {
      const version = /version (\S+)/.exec(known.stdout)?.[1] ?? 'of unknown version'
      return { isThere: true, url, version, end: () => end(child) }
    }
    await wait(ATTEMPT_EVERY_MS)
  }
  await end(child)
  return { isThere: false, reason: 'haproxy did not answer' }
}

const configuration = (port: number, instances: readonly string[]): string => `
global
  nbthread 1
defaults
  mode http
  timeout connect 5s
  timeout client 60s
  timeout server 60s
  option forwardfor
frontend front
  bind 127.0.0.1:${port}
  default_backend back
backend back
  balance roundrobin
  http-reuse always
${instances.map((url, i) => `  server s${i} ${new URL(url).host}`).join('\n')}
`

async function end(child: ReturnType<typeof spawn>): Promise<void> {
  const ended = once(child, 'exit')
  child.kill('SIGTERM')
  await ended
}
