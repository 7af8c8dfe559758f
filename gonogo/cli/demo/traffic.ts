// The demo's users: a steady 100 requests a second through the router, as one process of their own. Prints what they saw
// as JSON when it is told to stop (SIGTERM): the client's own count, not the router's.
import { Agent, request } from 'undici'

const [, , url = '', tokensJson = '[]', rateText = '100'] = process.argv
const tokens = JSON.parse(tokensJson) as string[]
const intervalMs = 1000 / Number(rateText)
const REQUEST_LIMIT_MS = 10_000
const agent = new Agent({ connections: 64, keepAliveTimeout: 4000 })

type Seen = { requests: number; failed: number }
const seen: Record<string, Seen> = {}
const reasons: Record<string, number> = {}
let sent = 0
let inFlight = 0

/** Reads and writes as people do; each user is another caller with a conversation of its own. */
function nextRequest(n: number): { method: 'GET' | 'POST'; path: string; body?: string } {
  const kind = n % 10
  if (kind < 5) return { method: 'GET', path: '/v1/agents' }
  if (kind < 8) return { method: 'GET', path: '/v1/notes' }
  if (kind === 8)
    return {
      method: 'POST',
      path: '/v1/notes',
      body: JSON.stringify({ title: `note ${n}`, text: 'seen by the demo' }),
    }
  return { method: 'GET', path: '/v1/skills' }
}

async function one(n: number): Promise<void> {
  const { method, path, body } = nextRequest(n)
  let version = 'nobody'
  let reason = ''
  inFlight++
  try {
    const answer = await request(new URL(path, url), {
      method,
      dispatcher: agent,
      signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
      headers: { authorization: `Bearer ${tokens[n % tokens.length]}`, 'content-type': 'application/json' },
      ...(body ? { body } : {}),
    })
    version = String(answer.headers['x-served-by'] ?? 'nobody').split('/')[0] ?? 'nobody'
    await answer.body.dump()
    if (answer.statusCode >= 400) reason = `${answer.statusCode} on ${method} ${path} by ${version}`
  } catch (error) {
    reason = error instanceof Error ? `${error.name} ${error.message}` : String(error)
  }
  inFlight--
  const arm = seen[version] ?? { requests: 0, failed: 0 }
  seen[version] = arm
  arm.requests++
  if (reason) {
    arm.failed++
    reasons[reason] = (reasons[reason] ?? 0) + 1
  }
}

const startedAt = performance.now()
const timer = setInterval(() => {
  const due = Math.floor((performance.now() - startedAt) / intervalMs)
  while (sent < due) void one(sent++)
}, 5)

process.once('SIGTERM', async () => {
  clearInterval(timer)
  while (inFlight > 0) await new Promise((resolve) => setTimeout(resolve, 10))
  process.stdout.write(`${JSON.stringify({ seen, reasons })}\n`)
  await agent.close()
  process.exit(0)
})
