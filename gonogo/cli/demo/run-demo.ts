import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Deployed } from '#engine/deploy.ts'
import { EXIT, Refusal } from '#engine/exit-codes.ts'
import { openLog, stateFolder, type Workspace } from '#engine/workspace.ts'
import type { OpenTarget } from '#targets/kind-of-target.ts'
import { lockFolder } from '#targets/processes/supervisor/instance-lock.ts'
import { deploymentJson, exitSummary } from '../exit-summary.ts'
import { loadReleaseOf, loadWorkspace } from '../load.ts'
import type { Output } from '../output.ts'
import { clusterPlace, mustHaveCluster } from './cluster-place.ts'
import { deployOne, makeStable, rehearseIn } from './deploy-one.ts'
import { startStable } from './environments.ts'
import { type DemoPlace, processesPlace } from './place.ts'
import { inBackground, prepareDemo, STABLE } from './prepare-demo.ts'

const EXPECTED = { '1.2.3': 'success', '1.2.4': 'rolled-back' } as const

export const DEMO_TARGETS = ['processes', 'kubernetes'] as const
/** What each makes, below `.gonogo`. */
const FOLDERS = { processes: 'demo', kubernetes: 'demo-kubernetes' } as const
export type DemoTarget = (typeof DEMO_TARGETS)[number]

export type DemoResult = {
  readonly ok: boolean
  readonly text: string
  readonly deployments: readonly unknown[]
  /** What the users counted themselves, by version, and why. */
  readonly users: Seen
}

/** Prepares a service with a history, puts 100 requests a second on it, and deploys a good release and a bad one. */
export async function runDemo(
  sources: string,
  target: DemoTarget,
  output: Output,
  stop: AbortSignal,
): Promise<DemoResult> {
  if (target === 'kubernetes') mustHaveCluster()
  const folder = join(stateFolder(sources), FOLDERS[target])
  const unlock = await lockDemo(`${folder}-lock`)
  try {
    output.say('· clearing what an earlier demo left')
    const place = await openPlace(sources, target, folder)
    const left = Object.keys(place.left)
    if (left.length > 0)
      output.say(`· left to the cast, since nothing here can prove them: ${left.join(', ')}`)
    try {
      return await runAlone(place, output, stop)
    } finally {
      await place.close()
    }
  } finally {
    unlock()
  }
}

async function openPlace(sources: string, target: DemoTarget, folder: string): Promise<DemoPlace> {
  if (target === 'processes') return processesPlace(loadWorkspace(join(sources, 'gonogo.yaml')), folder)
  return clusterPlace(sources, folder)
}

/** Two demos in one folder would end each other's processes. */
async function lockDemo(folder: string): Promise<() => void> {
  await mkdir(folder, { recursive: true })
  const unlock = lockFolder(folder)
  if (unlock) return unlock
  throw new Refusal(
    'in-use',
    `another demo runs here (${folder}); wait for its end, or end it with Ctrl-C`,
    EXIT.environment,
  )
}

async function runAlone(place: DemoPlace, output: Output, stop: AbortSignal): Promise<DemoResult> {
  const { workspace } = place
  const ended = new AbortController()
  const targets: OpenTarget[] = []
  const store = openLog(workspace.root)
  const meanwhile: Promise<unknown>[] = []
  let traffic: ChildProcess | null = null
  const during = <T>(work: Promise<T>): Promise<T> => {
    meanwhile.push(inBackground(work))
    return work
  }
  try {
    const { signers, tokens, tested, testNext } = await prepareDemo(place, output, ended.signal)
    meanwhile.push(tested)
    output.say('· starting production and staging with 1.2.2')
    targets.push(...(await startStables(workspace)))
    const [production, staging] = targets as [OpenTarget, OpenTarget]
    const run = { workspace, store, output, signers, left: place.left, staging, stop }
    await rehearseIn(run, STABLE, '1.2.3')
    await tested
    let [nextTested, nextRehearsed]: Promise<void>[] = []
    const testTheNext = (when: string) => {
      output.say(`· ${when}: type check, lint and tests of 1.2.4`)
      nextTested = during(testNext())
      return nextTested
    }
    if (place.isCrowded) await testTheNext('before traffic comes')
    traffic = startTraffic((await production.observe()).url, tokens)
    // Not before the shift: what is measured until then has no other version beside it, to which as much would happen.
    const good = await deployOne(run, '1.2.3', {
      shift: () => {
        if (!nextTested) testTheNext('meanwhile')
      },
      firstHour: () => {
        nextRehearsed = during(makeStable(staging, '1.2.3').then(() => rehearseIn(run, '1.2.3', '1.2.4')))
      },
    })
    const isGood = good.state.closed?.status === EXPECTED['1.2.3']
    if (!isGood) return summary([good], await stopTraffic(traffic))
    await nextTested
    await nextRehearsed
    return summary([good, await deployOne(run, '1.2.4')], await stopTraffic(traffic))
  } finally {
    ended.abort()
    traffic?.kill('SIGKILL')
    await Promise.allSettled(meanwhile)
    for (const target of targets) await (target.stop ? target.stop() : target.close?.())
    store.close()
  }
}

/** Both, or none: the one that started is ended where the other did not. */
async function startStables(workspace: Workspace): Promise<OpenTarget[]> {
  const stable = loadReleaseOf(workspace, STABLE, null)
  const started = await Promise.allSettled(
    ['production', 'staging'].map((name) => startStable(workspace, name, stable)),
  )
  const targets = started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = started.find((one) => one.status === 'rejected')
  if (!failed) return targets
  for (const target of targets) await (target.stop ? target.stop() : target.close?.())
  throw failed.reason
}

type Seen = {
  readonly seen: Record<string, { requests: number; failed: number }>
  readonly reasons: Record<string, number>
}

function startTraffic(url: string, tokens: readonly string[]): ChildProcess {
  const script = fileURLToPath(new URL('./traffic.ts', import.meta.url))
  return spawn(process.execPath, [script, url, JSON.stringify(tokens), '100'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

function stopTraffic(traffic: ChildProcess): Promise<Seen> {
  return new Promise((resolve, reject) => {
    let text = ''
    traffic.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString()
    })
    traffic.once('close', () => {
      try {
        resolve(JSON.parse(text) as Seen)
      } catch {
        reject(new Error('the demo’s traffic ended without a count'))
      }
    })
    traffic.kill('SIGTERM')
  })
}

function summary(deployed: readonly Deployed[], { seen, reasons }: Seen): DemoResult {
  const deployments = deployed.map((one) => {
    const { deployment: _id, ...json } = deploymentJson(one)
    return json
  })
  // Whoever was served by a version that stays must not have noticed anything.
  const stableFailures = Object.entries(seen).filter(
    ([version, arm]) => version !== '1.2.4' && arm.failed > 0,
  )
  const asExpected = Object.values(EXPECTED).every(
    (status, i) => deployed[i]?.state.closed?.status === status,
  )
  const counted = Object.entries(seen).map(
    ([version, arm]) => `${version}: ${arm.failed} of ${arm.requests} requests failed`,
  )
  const why = Object.entries(reasons)
    .slice(0, 5)
    .map(([reason, count]) => `  ${count} × ${reason}`)
  const text = [...deployed.map(exitSummary), `as the users counted it: ${counted.join(' · ')}`, ...why].join(
    '\n\n',
  )
  const users = { seen, reasons }
  return { ok: asExpected && stableFailures.length === 0, text, deployments, users }
}
