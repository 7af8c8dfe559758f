import { resolve } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type Call, outcomeSchema } from '../call.ts'
import type { Outcome, Target } from '../target.ts'
import type { ProcessesConfig } from './config.ts'
import { type ControlClient, controlClient, SupervisorGone } from './control-client.ts'
import { helloSchema, type Settings, samplesSchema, targetStateSchema, trafficSchema } from './protocol.ts'
import { socketPathFor } from './socket-path.ts'
import { ensureSupervisor } from './start-supervisor.ts'

export type ProcessesTarget = Omit<Target, 'migrate'> & {
  /** Stacks of the stable version, as configured. */
  readonly replicas: number
  /** Epoch ms of the last request that was routed to the version since the supervisor started; null when none was. */
  lastRequestAt(version: string): Promise<number | null>
  /** Requests and upgraded connections of the version that are under way. */
  inFlight(version: string): Promise<number>
  /** The process that everything here belongs to. */
  supervisorPid(): Promise<number>
  /** Ends every process of the environment and the supervisor itself. */
  stop(): Promise<void>
  /** Lets go of the connection; everything goes on running. */
  close(): Promise<void>
}

export type ProcessesTargetOptions = {
  /** The environment's name, for messages. */
  readonly name: string
  /** The environment's folder: socket, state, logs. One supervisor a folder. */
  readonly folder: string
  /** Folder of the service file. */
  readonly root: string
  readonly config: ProcessesConfig
}

export type Opened =
  | { readonly ok: true; readonly target: ProcessesTarget }
  | { readonly ok: false; readonly code: string; readonly detail: string }

/** Connects to the environment's supervisor, or starts one. Codes: port-in-use, permission-denied, disk-full, … */
export async function openProcessesTarget(options: ProcessesTargetOptions): Promise<Opened> {
  const settings: Settings = { ...options, folder: resolve(options.folder), root: resolve(options.root) }
  const client = controlClient(socketPathFor(settings.folder))
  const started = await ensureSupervisor(client, settings)
  if (started.ok) return { ok: true, target: targetOver(client, settings) }
  await client.close()
  return started
}

function targetOver(client: ControlClient, settings: Settings): ProcessesTarget {
  /** A supervisor that was killed is started again; every call is safe to repeat. */
  const steadily = async <T>(ask: () => Promise<T>): Promise<T> => {
    try {
      return await ask()
    } catch (error) {
      if (!(error instanceof SupervisorGone)) throw error
      const started = await ensureSupervisor(client, settings)
      if (!started.ok) throw new Error(`${started.code}: ${started.detail}`, { cause: error })
      return ask()
    }
  }
  const call = (body: Call): Promise<Outcome> =>
    steadily(() => client.post('/call', body, outcomeSchema, longestCallMs(settings)))
  const traffic = (version: string) =>
    steadily(() => client.get(`/traffic/${encodeURIComponent(version)}`, trafficSchema))
  return {
    replicas: settings.config.replicas,
    observe: () => steadily(() => client.get('/state', targetStateSchema)),
    deploy: (workload, key) => {
      const artifact = resolve(settings.root, workload.artifact)
      return call({
        method: 'deploy',
        workload: { ...workload, artifact, config: { ...workload.config } },
        key,
      })
    },
    scale: (version, replicas, key) => call({ method: 'scale', version, replicas, key }),
    setWeights: (weights, key) => call({ method: 'setWeights', weights: { ...weights }, key }),
    promote: (version, key) => call({ method: 'promote', version, key }),
    revert: (version, drop, key) => call({ method: 'revert', version, drop, key }),
    cleanup: (keep, key) => call({ method: 'cleanup', keep: [...keep], key }),
    metrics: {
      sample: async (signal) => {
        const { atMs, instances } = await steadily(() => client.get('/samples', samplesSchema, signal))
        return { atMs, complete: true, instances }
      },
    },
    lastRequestAt: async (version) => (await traffic(version)).lastRequestAtMs,
    inFlight: async (version) => (await traffic(version)).inFlight,
    supervisorPid: async () => (await steadily(() => client.get('/hello', helloSchema))).pid,
    stop: async () => {
      // A supervisor that was killed must come back first: only it knows which processes are its own.
      await steadily(() => client.post('/stop', {}, outcomeSchema, longestCallMs(settings)))
      await untilGone(client)
      await client.close()
    },
    close: () => client.close(),
  }
}

const SLACK_MS = 60_000
const GONE_ATTEMPTS = 100
const GONE_EVERY_MS = 20

/** After this the folder can be removed or taken over. */
async function untilGone(client: ControlClient): Promise<void> {
  for (let attempt = 0; attempt < GONE_ATTEMPTS; attempt++) {
    const isUp = await client.get('/hello', helloSchema).then(
      () => true,
      () => false,
    )
    if (!isUp) return
    await wait(GONE_EVERY_MS)
  }
}

/** A deployment may wait for ready once and drain once on either side of it; the rest is slack. */
const longestCallMs = ({ config: { readyTimeoutMs, drainMs } }: Settings): number =>
  4 * readyTimeoutMs + 6 * drainMs + SLACK_MS
