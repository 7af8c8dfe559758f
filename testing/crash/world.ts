import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Environment } from '../../gonogo/core/service.ts'
import type { DeploymentState } from '../../gonogo/core/state.ts'
import type { Action } from '../../gonogo/core/statement.ts'
import { readState, toRecorded } from '../../gonogo/engine/journal.ts'
import { openDeploymentOf } from '../../gonogo/engine/open-deployment.ts'
import { decideBy } from '../../gonogo/engine/people-events.ts'
import { openLog } from '../../gonogo/engine/workspace.ts'
import type { Store } from '../../gonogo/store/store.ts'
import { mustDo } from '../../gonogo/targets/contract/world.ts'
import type { OpenTarget } from '../../gonogo/targets/kind-of-target.ts'
import { openTarget } from '../../gonogo/targets/open-target.ts'
import { artifactDigest } from '../../gonogo/targets/processes/artifact-digest.ts'
import { scaledClock } from './scaled-clock.ts'
import { authorIn, deployAsTeam, makeRelease, makeTeam } from './team.ts'

const SERVICE = fileURLToPath(new URL('../service', import.meta.url))
const PROCESS = fileURLToPath(new URL('./deployment-process.ts', import.meta.url))
const FACTOR = 10
const RUN_LIMIT_MS = 240_000
const LAST_RECORDS = 12
/** What is tried here is what happens to effects; numbers this small are no evidence. */
export const LITERAL = { mode: 'literal', window: '5s', warmUp: '1s', interval: '1s' }
/** How a release behaves; the releases of a test say otherwise in their `config:`. */
const GOOD = { errors: '0', behaviour: 'good' }
const TARGET = {
  kind: 'processes',
  listen: '127.0.0.1:0',
  replicas: 2,
  drainMs: 1000,
  readyTimeoutMs: 10_000,
  components: {
    web: {
      command: ['node', 'main.ts'],
      env: {
        PORT: '${port}',
        VERSION: '${version}',
        ERROR_RATIO: '${config.errors}',
        BEHAVIOUR: '${config.behaviour}',
      },
      ready: '/ready',
      health: '/health',
      public: true,
    },
  },
}

export type Ran = {
  readonly killed: boolean
  readonly boundaries: number
  readonly names: readonly string[]
  readonly id: string
  readonly status: string
  readonly stderr: string
}

/** A small service in production, with people who sign, in a folder of its own. Time runs ten times as fast. */
export type World = {
  readonly root: string
  readonly target: OpenTarget
  writeRelease(version: string, overrides?: Record<string, unknown>): Promise<void>
  /** Deploys in a process of its own, which kills itself at the nth boundary (0: never), or is killed when it is so. */
  run(version: string, killAt?: number, killWhen?: Promise<unknown>): Promise<Ran>
  /** A second gonogo, in this process, which is to be refused. */
  attempt(version: string): Promise<unknown>
  /** The deployment that is under way, as its log has it now. */
  underWay(): DeploymentState | null
  /** A person of the team signs a decision about the deployment that is under way. */
  decide(person: string, action: Action, reason: string): Promise<unknown>
  stateOf(id: string): DeploymentState
  /** Every deployment that was ever opened here. */
  deployments(): readonly string[]
  close(): Promise<void>
}

/** Where the service runs: a `target` block of a service file, and what is deployed there. */
export type Place = {
  readonly target: Environment['target']
  readonly artifact: string
  readonly digest: string
  /** Where counters come from, where not from the target's router. */
  readonly metrics?: Environment['metrics']
  close?(): Promise<void>
}

const processes = async (): Promise<Place> => ({
  target: TARGET,
  artifact: SERVICE,
  digest: await artifactDigest(SERVICE),
})

/** What a service file has that the usual one has not. */
export type Own = { readonly policy?: object; readonly checks?: object }

/** `checklist`: path of the checklist to deploy by; `more`: roles beyond the usual four, by person. */
export async function makeWorld(
  checklist: string,
  more: Record<string, string> = {},
  makePlace: () => Promise<Place> = processes,
  own: Own = {},
): Promise<World> {
  const place = await makePlace()
  const { artifact, digest, target: declared, metrics } = place
  const root = await mkdtemp(join(tmpdir(), 'gonogo-world-'))
  const people = makeTeam(root, more)
  const service = {
    gonogo: 1,
    service: 'web',
    checklist,
    environments: { production: { target: declared, ...(metrics && { metrics }) } },
    people,
    policy: {
      steps: [
        { weight: 50, wait: '5s' },
        { weight: 100, wait: '5s' },
      ],
      rollingWait: '5s',
      watch: '2s',
      firstHour: '1s',
      rollback: LITERAL,
      ...own.policy,
    },
    checks: own.checks ?? {},
  }
  await writeFile(join(root, 'gonogo.yaml'), JSON.stringify(service))
  const folder = join(root, '.gonogo/environments/production')
  const target = await openTarget('production', service.environments.production, folder, root)
  const writeRelease: World['writeRelease'] = async (version, overrides = {}) =>
    makeRelease(root, version, { artifact, digest, config: GOOD, ...overrides })
  await writeRelease('1.0.0')
  await mustDo(target.deploy({ version: '1.0.0', artifact, digest, replicas: 2, config: GOOD }, 'first'))
  await mustDo(target.setWeights({ '1.0.0': 100 }, 'first-weight'))
  await mustDo(target.promote('1.0.0', 'first-stable'))
  const since = Date.now()
  const clock = scaledClock(since, FACTOR)
  return {
    root,
    target,
    writeRelease,
    run: (version, killAt = 0, killWhen) =>
      deployInProcess([root, version, String(killAt), String(since), String(FACTOR)], killWhen).catch(
        (error: Error) => {
          throw new Error(`${error.message}\n${inLog(root, lastRecords)}`)
        },
      ),
    attempt: (version) => deployAsTeam(root, version, { clock, listener: {} }).deployed,
    underWay: () => inLog(root, underWay),
    decide: async (person, action, reason) => {
      const store = openLog(root)
      try {
        const id = underWay(store)?.id ?? 'none'
        await decideBy(store, id, authorIn(root, person), { action, reason }, clock.now())
      } finally {
        store.close()
      }
    },
    stateOf: (id) => {
      const state = inLog(root, (store) => readState(store, id))
      if (!state) throw new Error(`no deployment ${id}`)
      return state
    },
    deployments: () => inLog(root, (store) => store.streams()),
    close: async () => {
      await (target.stop ? target.stop() : target.close?.())
      await place.close?.()
      await rm(root, { recursive: true, force: true })
    },
  }
}

const underWay = (store: Store): DeploymentState | null =>
  openDeploymentOf(store, 'production')?.state ?? null

/** What a deployment that did not come to its end was about. */
function lastRecords(store: Store): string {
  const state = underWay(store)
  const records = state ? store.read(state.id, 0).slice(-LAST_RECORDS).map(toRecorded) : []
  const lines = records.map(({ at, event }) => `${new Date(at).toISOString()} ${JSON.stringify(event)}`)
  return lines.map((line) => line.slice(0, 400)).join('\n')
}

function inLog<T>(root: string, read: (store: Store) => T): T {
  const store = openLog(root)
  try {
    return read(store)
  } finally {
    store.close()
  }
}

function deployInProcess(args: readonly string[], killWhen?: Promise<unknown>): Promise<Ran> {
  const command = ['--disable-warning=ExperimentalWarning', PROCESS, ...args]
  return new Promise((resolve, reject) => {
    const child = execFile(process.execPath, command, { timeout: RUN_LIMIT_MS }, (error, stdout, stderr) => {
      if (error && (error as { signal?: string }).signal === 'SIGKILL')
        return resolve({ killed: true, boundaries: 0, names: [], id: '', status: '', stderr })
      if (error) return reject(new Error(`the deployment of ${args[1]} ended: ${error.message} ${stderr}`))
      resolve({ killed: false, stderr, ...JSON.parse(stdout) })
    })
    void killWhen?.then(() => child.kill('SIGKILL'))
  })
}
