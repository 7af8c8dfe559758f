import { setTimeout as wait } from 'node:timers/promises'
import { Agent, request } from 'undici'

const USERS = 6
const PAUSE_MS = 4

export type Seen = {
  readonly byVersion: Record<string, number>
  readonly failed: string[]
  /** Epoch ms at which the last request was sent that the version answered. */
  readonly lastAt: Record<string, number>
}

type Connections = { readonly kept: boolean }
/** Without a router, whoever keeps a connection stays with one instance. */
const FRESH = { pipelining: 0 }

/** A small steady load with connections that are kept open, or one for each request; ends with what the users saw. */
export function startLoad(
  url: string,
  { kept = true, pauseMs = PAUSE_MS }: Partial<Connections> & { readonly pauseMs?: number } = {},
): { seen: Seen; stop(): Promise<Seen> } {
  const agent = new Agent({ connections: USERS, ...(kept ? { keepAliveTimeout: 10_000 } : FRESH) })
  const seen: Seen = { byVersion: {}, failed: [], lastAt: {} }
  let isOn = true
  const user = async () => {
    while (isOn) {
      await ask(agent, url, seen)
      await wait(pauseMs)
    }
  }
  const users = Array.from({ length: USERS }, user)
  return {
    seen,
    stop: async () => {
      isOn = false
      await Promise.all(users)
      await agent.close()
      return seen
    },
  }
}

/** Asks this many times, one after the other, and counts who answered. */
export async function askTimes(
  url: string,
  times: number,
  { kept }: Connections = { kept: true },
): Promise<Seen> {
  const agent = new Agent(kept ? {} : FRESH)
  const seen: Seen = { byVersion: {}, failed: [], lastAt: {} }
  for (let n = 0; n < times; n++) await ask(agent, url, seen)
  await agent.close()
  return seen
}

async function ask(dispatcher: Agent, url: string, seen: Seen): Promise<void> {
  const sentAt = Date.now()
  try {
    const answer = await request(`${url}/work`, { dispatcher })
    const body = (await answer.body.json()) as { version?: string }
    if (answer.statusCode !== 200) seen.failed.push(`${answer.statusCode} ${JSON.stringify(body)}`)
    const version = body.version ?? 'nobody'
    seen.byVersion[version] = (seen.byVersion[version] ?? 0) + 1
    seen.lastAt[version] = Math.max(seen.lastAt[version] ?? 0, sentAt)
  } catch (error) {
    seen.failed.push(String(error))
  }
}

const POLL_MS = 20
const LIMIT_MS = 15_000

/** Waits for the world to become so; throws with what was waited for. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  limitMs = LIMIT_MS,
): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`in ${limitMs} ms it never became so: ${what}`)
    await wait(POLL_MS)
  }
}
