import { spawn } from 'node:child_process'
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { DeploymentEvent } from '../../../gonogo/core/events.ts'
import { makeService, writeRelease } from '../gonogo-service.ts'
import { CANARY, REPLICAS } from '../place.ts'
import { type Contender, type Decision, type Options, pendingDecision } from './contender.ts'

const PROCESS = fileURLToPath(new URL('../deploying/main.ts', import.meta.url))
const LIMIT_MS = 480_000
/** A hold that ends by itself before is none: nobody had to be asked. */
const HELD_MS = 90_000
const ENDING_MS = 20_000

/**
 * `policy.rollback` is the default; only the waits are shorter than anybody's, as they are for the rivals. At its fastest
 * a step ends as soon as its evidence is there.
 */
export const gonogo: Contender = {
  name: 'gonogo',
  limitMs: { documented: LIMIT_MS, fastest: LIMIT_MS },
  build: async () => undefined,
  prepare: async () => undefined,
  open: async (place, options) => {
    const root = mkdtempSync(join(tmpdir(), 'gonogo-bench-deploy-'))
    await makeService(root, place, {
      replicas: REPLICAS,
      policy: policyOf(options),
      routerMetrics: 'http://127.0.0.1:8081/metrics',
      ...(options.needsPrometheus && { metrics: fromPrometheus(place.prometheusUrl) }),
    })
    const { promise: decided, resolve: decide, reject: fail } = pendingDecision()
    let ended: Promise<void> = Promise.resolve()
    let end = () => {}
    return {
      decided,
      deploy: async (behaviour) => {
        writeRelease(root, place, CANARY, behaviour)
        const child = spawn(
          process.execPath,
          ['--disable-warning=ExperimentalWarning', PROCESS, root, CANARY],
          { stdio: ['ignore', 'pipe', 'inherit'] },
        )
        end = () => void child.kill('SIGTERM')
        ended = new Promise((resolve) => child.once('exit', () => resolve()))
        child.once('close', (code) => fail(new Error(`gonogo ended with ${code}; see ${place.logFile}`)))
        let holding: NodeJS.Timeout | undefined
        createInterface({ input: child.stdout }).on('line', (line) => {
          appendFileSync(place.logFile, `${line}\n`)
          const told = JSON.parse(line) as Told
          const decision = decisionIn(told)
          if (decision?.outcome === 'held') holding = setTimeout(() => decide(decision), HELD_MS)
          else if (decision) decide(decision)
          if (told.event.type === 'released') clearTimeout(holding)
        })
      },
      close: async () => {
        const giveUp = setTimeout(end, ENDING_MS)
        await ended
        clearTimeout(giveUp)
        rmSync(root, { recursive: true, force: true })
      },
    }
  },
}

const fromPrometheus = (url: string) => ({
  source: 'prometheus',
  url,
  scrapeInterval: '1s',
  labels: { job: 'pods' },
})

const policyOf = ({ firstWeight, setting }: Options) => ({
  steps: [
    { weight: firstWeight, wait: '40s' },
    ...(firstWeight < 50 ? [{ weight: 50, wait: '20s' }] : []),
    { weight: 100, wait: '10s' },
  ],
  watch: '5s',
  firstHour: '2s',
  ...(setting === 'fastest' && { rollback: { earlyProceed: true } }),
})

type Told = { readonly at: number; readonly event: DeploymentEvent }

function decisionIn({ at, event }: Told): Decision | null {
  if (event.type === 'rollbackDecided') return { outcome: 'rolled back', atMs: at, reason: event.reason }
  if (event.type === 'held') return { outcome: 'held', atMs: at, reason: event.reason }
  if (event.type === 'closed' && event.status.startsWith('success'))
    return { outcome: 'promoted', atMs: at, reason: event.status }
  return null
}
