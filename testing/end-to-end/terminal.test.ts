import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openDeploymentOf } from '../../gonogo/engine/open-deployment.ts'
import { openLog } from '../../gonogo/engine/workspace.ts'
import { until } from '../../gonogo/targets/contract/load.ts'
import { makeWorld, type World } from '../crash/world.ts'

const MAIN = fileURLToPath(new URL('../../gonogo/cli/gonogo.mjs', import.meta.url))
const CHECKLIST = fileURLToPath(new URL('../../checklists/clawdbot-production.yaml', import.meta.url))

let world: World
beforeAll(async () => {
  world = await makeWorld(CHECKLIST, { max: 'engineering-manager' })
  await world.writeRelease('1.1.0')
}, 30_000)
afterAll(() => world.close())

const asAda = () => ['--as', 'ada', '--key', join(world.root, 'keys', 'ada.pem')]

const actions = (): string[] => {
  const store = openLog(world.root)
  const found = openDeploymentOf(store, 'production')
  store.close()
  return found?.state.decisions.map((d) => `${d.event.statement.action} ${d.event.statement.person}`) ?? []
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** A verb on a terminal of its own, as a person has it; `press` sends a key. */
function onTerminal(...args: string[]) {
  const words = [process.execPath, MAIN, '-f', join(world.root, 'gonogo.yaml'), ...args]
  const { CI: _ci, NO_COLOR: _noColour, ...rest } = process.env
  const env = { ...rest, TERM: 'xterm' }
  const child = spawn('script', ['-qfec', `stty cols 120 rows 40; exec ${words.join(' ')}`, '/dev/null'], {
    env,
  })
  let seen = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (seen += text))
  const ended = once(child, 'exit').then(([code]) => code as number)
  return {
    seen: () => seen,
    press: (key: string) => void child.stdin.write(key),
    ended,
    kill: () => child.kill('SIGKILL'),
  }
}

test.runIf(process.platform === 'linux')(
  'keys pause, resume and roll back by signature, and q leaves the deployment to a process of its own',
  async () => {
    const view = onTerminal('deploy', '1.1.0', ...asAda())
    try {
      await until('the keys are told', () => view.seen().includes('q detach'))
      view.press('p')
      await until('it is paused', () => actions().includes('pause ada'))
      view.press('p')
      await until('it goes on', () => actions().includes('resume ada'))
      view.press('r')
      await until('it asks', () => view.seen().includes('roll back now?'))
      view.press('n')
      view.press('q')
      expect(await view.ended).toBe(0)
    } finally {
      view.kill()
    }
    const [, pid] = /goes on as process (\d+)/.exec(view.seen()) ?? []
    expect(isAlive(Number(pid))).toBe(true)
    expect(actions()).toEqual(['pause ada', 'resume ada'])
    process.kill(Number(pid), 'SIGTERM')
    await until('it has let go of the deployment', () => !isAlive(Number(pid)))
  },
  30_000,
)

test.runIf(process.platform === 'linux')(
  'taken up after its window has ended, who did not say who they are is told how to, and nothing is signed',
  async () => {
    const window = { start: '2020-01-01T00:00:00Z', end: '2020-01-02T00:00:00Z', timeZone: 'Etc/UTC' }
    await world.writeRelease('1.1.0', { window })
    const view = onTerminal('deploy', '1.1.0')
    try {
      await until('the keys are told', () => view.seen().includes('q detach'))
      view.press('p')
      await until('it is refused', () => view.seen().includes('start with --as YOU'))
      // Ctrl-C, which a terminal in raw mode hands over as a letter.
      view.press('\u0003')
      expect(await view.ended).toBe(130)
    } finally {
      view.kill()
    }
    expect(actions()).toEqual(['pause ada', 'resume ada'])
  },
  30_000,
)

test.runIf(process.platform === 'linux')(
  'attest asks what was seen, says as whom, and signs only on y',
  async () => {
    const attest = async (last: string) => {
      const asked = onTerminal('attest', '1.4.1', ...asAda())
      try {
        const answer = async (question: string, text: string) => {
          await until(`it asks: ${question}`, () => asked.seen().includes(question))
          asked.press(`${text}\r`)
        }
        await answer('What you saw', 'ticket 42 is open')
        await answer('Change ticket ›', 'CHG-42')
        await answer('Link', 'https://tickets.internal/42')
        await answer('y/N', last)
        return { code: await asked.ended, seen: asked.seen() }
      } finally {
        asked.kill()
      }
    }
    const refused = await attest('')
    expect(refused.code).toBe(1)
    expect(refused.seen).toMatch(/Sign “attest 1\.4\.1: .* as ada with SHA256:\S+\? y\/N/)
    expect(refused.seen).toMatch(/Attest 1\.4\.1 .* \(\d+ of \d+ yours\)/)
    expect(refused.seen).toContain('as Deployment lead, ada · not an author')
    expect((await attest('y')).code).toBe(0)
    const store = openLog(world.root)
    const statement = openDeploymentOf(store, 'production')?.state.items['1.4.1']?.attestation?.event
      .statement
    store.close()
    expect(statement).toMatchObject({
      text: 'ticket 42 is open',
      blanks: { 'change-ticket': 'CHG-42' },
      link: 'https://tickets.internal/42',
    })
  },
  30_000,
)
