// One gonogo with as many deployments as it is given folders. Once all of them watch their first step it measures itself for
// as long as it is told, and prints one line of JSON: CPU, memory, and the times between two samples of each deployment.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startCast } from '../../../gonogo/cli/demo/cast.ts'
import { loadReleaseOf, loadWorkspace } from '../../../gonogo/cli/load.ts'
import { systemClock } from '../../../gonogo/engine/clock.ts'
import { deploy } from '../../../gonogo/engine/deploy.ts'
import { openLog } from '../../../gonogo/engine/workspace.ts'
import { pemSigner } from '../../../gonogo/evidence/signatures.ts'

const AT_A_TIME = 8
const [forMs = '', version = '', ...roots] = process.argv.slice(2)
const stop = new AbortController()
const gapsMs: number[] = []
let isMeasuring = false
let verdicts = 0

/** Resolves when the deployment watches its first step. */
function start(root: string): Promise<void> {
  const workspace = loadWorkspace(join(root, 'gonogo.yaml'))
  const signers = new Map(
    Object.keys(workspace.service.people).map((id) => [
      id,
      pemSigner(readFileSync(join(root, 'keys', `${id}.pem`), 'utf8')),
    ]),
  )
  const store = openLog(root)
  let id: string | null = null
  let lastAt = 0
  const stopCast = startCast(store, () => id, signers)
  return new Promise((resolve, reject) => {
    deploy({
      workspace,
      store,
      environment: 'production',
      release: loadReleaseOf(workspace, version, null),
      releaseOf: (stable) => loadReleaseOf(workspace, stable, null),
      clock: systemClock,
      listener: {
        event: ({ event }) => {
          if (event.type === 'rollbackDecided') reject(new Error(event.reason))
          if (event.type !== 'stepStarted') return
          stopCast()
          resolve()
        },
        judged: ({ verdict }) => {
          const now = performance.now()
          if (isMeasuring && lastAt > 0) gapsMs.push(now - lastAt)
          if (isMeasuring && verdict !== 'unknown') verdicts++
          lastAt = now
        },
      },
      stop: stop.signal,
      opened: (opened) => {
        id = opened
      },
    }).catch(reject)
  })
}

const waiting = [...roots]
const startSome = async () => {
  for (let root = waiting.shift(); root; root = waiting.shift()) await start(root)
}
await Promise.all(Array.from({ length: AT_A_TIME }, startSome))
await wait(3000)
const before = process.cpuUsage()
isMeasuring = true
await wait(Number(forMs))
isMeasuring = false
const { user, system } = process.cpuUsage(before)
const memoryBytes = process.memoryUsage.rss()
process.stdout.write(`${JSON.stringify({ cpuMs: (user + system) / 1000, memoryBytes, gapsMs, verdicts })}\n`)
process.exit(0)
