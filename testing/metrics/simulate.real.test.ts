import { execFile } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { startPrometheus } from './prometheus-server.ts'
import { makeMetricsWorld, STABLE } from './world.ts'

const MAIN = fileURLToPath(new URL('../../gonogo/cli/main.ts', import.meta.url))

test('gonogo simulate --measure stands on what a real Prometheus counted of the stable version', async () => {
  // A canary that fails every request: its failures must not count as what is usual.
  const world = await makeMetricsWorld(1)
  const server = await startPrometheus(await world.instances())
  const stop = new AbortController()
  try {
    const file = await world.serviceFile({ source: 'prometheus', url: server.url })
    const users = askUntil(world.ask, stop.signal)
    await wait(2500)
    const asked = ['simulate', '--measure', '5s', '--deployments', '20', '--faults', '100', '--no-rivals']
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ['--disable-warning=ExperimentalWarning', MAIN, '-f', file, ...asked, '--json'],
      { timeout: 60_000 },
    )
    stop.abort()
    const { perSecond, window } = await users
    const { traffic, answers } = JSON.parse(stdout)
    expect(traffic.origin).toContain(`requests to ${STABLE} measured within 5 s; none failed`)
    // Half of the users' requests go to the canary; Prometheus counts up to a scrape more or less at each end.
    expect(traffic.requestsPerSecond, `users: ${perSecond}/s in ${window} s`).toBeGreaterThan(perSecond * 0.3)
    expect(traffic.requestsPerSecond).toBeLessThan(perSecond * 0.7)
    expect(answers[1]).toMatchObject({ errorRate: 1, rolledBack: 20 })
  } finally {
    stop.abort()
    await server.stop()
    await world.end()
  }
}, 90_000)

/** Twenty requests a second, sent one after the other. */
async function askUntil(ask: (times: number) => Promise<unknown>, stop: AbortSignal) {
  const startedAt = performance.now()
  let sent = 0
  while (!stop.aborted) {
    await ask(1)
    sent++
    await wait(Math.max(0, startedAt + sent * 50 - performance.now()))
  }
  const window = (performance.now() - startedAt) / 1000
  return { perSecond: sent / window, window }
}
