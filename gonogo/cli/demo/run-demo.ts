import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '#engine/clock.ts'
import { type Deployed, deploy } from '#engine/deploy.ts'
import { EXIT, Refusal } from '#engine/exit-codes.ts'
import type { Listener } from '#engine/listener.ts'
import { openLog, stateFolder, type Workspace } from '#engine/workspace.ts'
import type { Signer } from '#evidence/signatures.ts'
import type { Store } from '#store/store.ts'
import type { OpenTarget } from '#targets/open-target.ts'
import { lockFolder } from '#targets/processes/supervisor/instance-lock.ts'
import { deploymentJson, exitSummary } from '../exit-summary.ts'
import { LiveView } from '../live-view.ts'
import { loadReleaseOf, loadWorkspace } from '../load.ts'
import type { Output } from '../output.ts'
import { type LeftToCast, startCast } from './cast.ts'
import { clusterPlace, mustHaveCluster } from './cluster-place.ts'
import { rehearse, startStable } from './environments.ts'
import { type DemoPlace, processesPlace } from './place.ts'
import { prepareDemo, STABLE } from './prepare-demo.ts'

/** Nobody may be there to answer what the cast cannot; then the demo says what is open, and ends. */
const DEPLOYMENT_LIMIT_MS = 600_000
const EXPECTED = { '1.2.3': 'success', '1.2.4': 'rolled-back' } as const

export const DEMO_TARGETS = ['processes', 'kubernetes'] as const
/** What each makes, below `.gonogo`. */
const FOLDERS = { processes: 'demo', kubernetes: 'demo-kubernetes' } as const
export type DemoTarget = (typeof DEMO_TARGETS)[number]

export type DemoResult = {
  readonly ok: boolean
  readonly text: string
  readonly deployments: readonly unknown[]
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
  const { signers, tokens, testNext } = await prepareDemo(place, output)
  const targets: OpenTarget[] = []
  const store = openLog(workspace.root)
  const ended = new AbortController()
  let tested: Promise<void> | null = null
  let traffic: ChildProcess | null = null
  try {
    output.say('· starting production and staging with 1.2.2')
    const stable = loadReleaseOf(workspace, STABLE, null)
    const started = await Promise.allSettled(
      ['production', 'staging'].map((name) => startStable(workspace, name, stable)),
    )
    targets.push(...started.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])))
    const failed = started.find((one) => one.status === 'rejected')
    if (failed) throw failed.reason
    const [production, staging] = targets as [OpenTarget, OpenTarget]
    traffic = startTraffic((await production.observe()).url, tokens)
    const run = { workspace, store, output, signers, left: place.left, staging, stop }
    // Not before the shift: what is measured until then has no other version beside it, to which as much would happen.
    const good = await deployOne(run, STABLE, '1.2.3', () => {
      output.say('· meanwhile: type check, lint and tests of 1.2.4')
      tested = testNext(ended.signal)
      // It is awaited below, and its failure is told there; until then it must not end the process.
      tested.catch(() => undefined)
    })
    const isGood = good.state.closed?.status === EXPECTED['1.2.3']
    if (isGood) await tested
    const deployed = isGood ? [good, await deployOne(run, '1.2.3', '1.2.4')] : [good]
    return summary(deployed, await stopTraffic(traffic))
  } finally {
    ended.abort()
    traffic?.kill('SIGKILL')
    for (const target of targets) await (target.stop ? target.stop() : target.close?.())
    store.close()
  }
}

type Run = {
  readonly workspace: Workspace
  readonly store: Store
  readonly output: Output
  readonly signers: ReadonlyMap<string, Signer>
  readonly left: LeftToCast
  readonly staging: OpenTarget
  readonly stop: AbortSignal
}

/** `onShift`: called once the version is about to get its first traffic. */
async function deployOne(
  run: Run,
  from: string,
  version: '1.2.3' | '1.2.4',
  onShift = (): void => undefined,
): Promise<Deployed> {
  const { workspace, store, output, signers, left, staging } = run
  const release = loadReleaseOf(workspace, version, Date.now())
  output.say(`· rehearsing ${version} and its way back in staging`)
  await rehearse(
    workspace,
    join(stateFolder(workspace.root), 'demo'),
    staging,
    loadReleaseOf(workspace, from, null),
    release,
  )
  const view = new LiveView(output)
  let id: string | null = null
  const stopCast = startCast(store, () => id, signers, left)
  try {
    const deployed = await deploy({
      workspace,
      store,
      environment: 'production',
      release,
      releaseOf: (stable) => loadReleaseOf(workspace, stable, null),
      clock: systemClock,
      listener: telling(view, onShift),
      opened: (opened) => {
        id = opened
      },
      stop: AbortSignal.any([run.stop, AbortSignal.timeout(DEPLOYMENT_LIMIT_MS)]),
    })
    if (deployed.state.closed?.status.startsWith('success')) await makeStable(staging, version)
    else await staging.cleanup([from], `demo/staging/without/${version}`)
    return deployed
  } finally {
    stopCast()
    view.close()
  }
}

/** A view that calls `onShift` besides, when the stage begins. */
const telling = (view: LiveView, onShift: () => void): Listener => ({
  event: (recorded, state) => {
    view.event(recorded, state)
    if (recorded.event.type === 'stageEntered' && recorded.event.stage === 'shift') onShift()
  },
  started: (what) => view.started(what),
  finished: (what) => view.finished(what),
  judged: (judgement) => view.judged(judgement),
  trouble: (message) => view.trouble(message),
})

/** Staging follows production. */
async function makeStable(staging: OpenTarget, version: string): Promise<void> {
  await staging.setWeights({ [version]: 100 }, `demo/staging/weights/${version}`)
  await staging.promote(version, `demo/staging/promote/${version}`)
  await staging.cleanup([version], `demo/staging/cleanup/${version}`)
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
  return { ok: asExpected && stableFailures.length === 0, text, deployments }
}
