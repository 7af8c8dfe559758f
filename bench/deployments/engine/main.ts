// One gonogo with as many deployments as it is given folders. Once all of them watch their first step it measures itself for
// as long as it is told, and prints one line of JSON: CPU, memory, and the times between two samples of each deployment.
import { setTimeout as wait } from 'node:timers/promises'
import { systemClock } from '../../../gonogo/engine/clock.ts'
import { deployAsTeam } from '../../../testing/crash/team.ts'

const AT_A_TIME = 8
const [forMs = '', version = '', ...roots] = process.argv.slice(2)
const gapsMs: number[] = []
let isMeasuring = false
let verdicts = 0

/** Resolves when the deployment watches its first step. */
function start(root: string): Promise<void> {
  let lastAt = 0
  return new Promise((resolve, reject) => {
    const { deployed, leave } = deployAsTeam(root, version, {
      clock: systemClock,
      listener: {
        event: ({ event }) => {
          if (event.type === 'rollbackDecided') reject(new Error(event.reason))
          if (event.type !== 'stepStarted') return
          leave()
          resolve()
        },
        judged: ({ verdict }) => {
          const now = performance.now()
          if (isMeasuring && lastAt > 0) gapsMs.push(now - lastAt)
          if (isMeasuring && verdict !== 'unknown') verdicts++
          lastAt = now
        },
      },
    })
    deployed.catch(reject)
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
