import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { request } from 'undici'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import { freePort } from '../../clawdbot/testing/free-port.ts'
import { type Stack, startStack, TOKENS } from '../../clawdbot/testing/stack.ts'

const MAIN = fileURLToPath(new URL('../../clawdbot/gateway/main.ts', import.meta.url))
const IN_FLIGHT = 8
const LOOK_EVERY_MS = 50
/** A balancer on a busy machine looks later than it means to. */
const DRAIN_DELAY_MS = 1500

let stack: Stack
const running = new Set<ChildProcess>()
beforeAll(async () => {
  stack = await startStack()
})
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
  running.clear()
})
afterAll(() => stack.stop())

type Replica = { readonly port: number; readonly url: string; process: ChildProcess; isIn: boolean }

/** A gateway as a process of its own, on the database of the stack; it counts as one when it says that it is ready. */
async function launch(port: number): Promise<ChildProcess> {
  const env = {
    PATH: process.env.PATH,
    PORT: String(port),
    DATABASE_FILE: stack.file,
    AGENT_URL: stack.agent,
    TOKENS_FILE: stack.tokensFile,
    RATE_LIMIT_PER_MINUTE: '1000000',
    DRAIN_DELAY_MS: String(DRAIN_DELAY_MS),
  }
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  running.add(child)
  for await (const chunk of child.stdout ?? []) if (String(chunk).includes('"msg":"listening"')) break
  child.stdout?.resume()
  while (!(await isReady(`http://127.0.0.1:${port}`))) await wait(LOOK_EVERY_MS)
  return child
}

const isReady = (url: string): Promise<boolean> =>
  fetch(`${url}/ready`).then(
    ({ ok }) => ok,
    () => false,
  )

async function twoReplicas(): Promise<[Replica, Replica]> {
  const start = async (): Promise<Replica> => {
    const port = await freePort()
    return { port, url: `http://127.0.0.1:${port}`, process: await launch(port), isIn: true }
  }
  return [await start(), await start()]
}

/** Writers that ask the replicas in turn, as a balancer would that looks at readiness; what was answered, and what was not. */
function load(replicas: readonly Replica[]) {
  const stored: string[] = []
  const failures: string[] = []
  let isOver = false
  let n = 0
  const one = async () => {
    const inUse = replicas.filter(({ isIn }) => isIn)
    if (inUse.length === 0) return wait(1)
    const replica = inUse[n++ % inUse.length] as Replica
    try {
      const { statusCode, body } = await request(`${replica.url}/v1/notes`, {
        method: 'POST',
        headers: { authorization: `Bearer ${TOKENS.ann}`, 'content-type': 'application/json' },
        body: JSON.stringify({ title: `note ${n}`, text: 'kept' }),
      })
      const note = (await body.json()) as { id: string }
      if (statusCode === 201) stored.push(note.id)
      else failures.push(`${statusCode} of ${replica.port}`)
    } catch (error) {
      // What nobody accepted goes to the other replica, as with any balancer.
      if ((error as { code?: string }).code === 'ECONNREFUSED') replica.isIn = false
      else failures.push(`${(error as Error).message} of ${replica.port}`)
    }
  }
  const writers = Array.from({ length: IN_FLIGHT }, async () => {
    while (!isOver) await one()
  })
  const looking = (async () => {
    while (!isOver) {
      for (const replica of replicas) replica.isIn = await isReady(replica.url)
      await wait(LOOK_EVERY_MS)
    }
  })()
  const end = async () => {
    isOver = true
    await Promise.all([...writers, looking])
  }
  const until = async (count: number) => {
    const wanted = stored.length + count
    while (stored.length < wanted) await one()
  }
  return { stored, failures, until, end }
}

async function lost(url: string, ids: readonly string[]): Promise<string[]> {
  const gone: string[] = []
  for (const id of ids) {
    const answer = await fetch(`${url}/v1/notes/${id}`, {
      headers: { authorization: `Bearer ${TOKENS.ann}` },
    })
    await answer.body?.cancel()
    if (answer.status !== 200) gone.push(id)
  }
  return gone
}

test('rolling both replicas under load fails no request', { timeout: 60_000 }, async () => {
  const replicas = await twoReplicas()
  const { stored, failures, until, end } = load(replicas)
  await until(50)
  for (const replica of replicas) {
    const ended = once(replica.process, 'exit')
    replica.process.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    replica.process = await launch(replica.port)
    await until(50)
  }
  await end()
  expect(failures).toEqual([])
  expect(await lost(replicas[0].url, stored)).toEqual([])
})

test('killing one of two replicas loses nothing that was answered, and the other one goes on', {
  timeout: 60_000,
}, async () => {
  const replicas = await twoReplicas()
  const { stored, failures, until, end } = load(replicas)
  await until(50)
  replicas[1].process.kill('SIGKILL')
  await until(100)
  await end()
  // Whoever had no answer knows it: what was under way at the killed replica, or was sent there before it was missed.
  expect(failures.filter((failure) => !failure.endsWith(`of ${replicas[1].port}`))).toEqual([])
  expect(await lost(replicas[0].url, stored)).toEqual([])
})
