// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the templates that the supervisor fills.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Behaviour, ContractWorld } from '../contract/world.ts'
import { artifactDigest } from './artifact-digest.ts'
import { type ProcessesConfig, processesConfigSchema } from './config.ts'
import { openProcessesTarget, type ProcessesTarget } from './processes-target.ts'
import { folderHash } from './socket-path.ts'
import { MARK } from './supervisor/leftovers.ts'

const SERVICE = fileURLToPath(new URL('../../../testing/service', import.meta.url))

export type ProcessesWorld = ContractWorld & {
  readonly target: ProcessesTarget
  readonly folder: string
  readonly config: ProcessesConfig
  /** Another client of the same environment. */
  open(): Promise<ProcessesTarget>
}

/** A folder of its own with a supervisor, and the test service as one component (or as `components` says). */
export async function makeProcessesWorld(change: Partial<ProcessesConfig> = {}): Promise<ProcessesWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-'))
  const config = processesConfigSchema.parse({ ...CONFIG, ...change })
  const open = async () => {
    const opened = await openProcessesTarget({ name: 'test', folder, root: folder, config })
    if (!opened.ok) throw new Error(`${opened.code}: ${opened.detail}`)
    return opened.target
  }
  const target = await open()
  return {
    target,
    zeroWithinMs: ZERO_WITHIN_MS,
    folder,
    config,
    open,
    workload: async (version, behaviour = 'good', replicas = 2) => ({
      version,
      artifact: SERVICE,
      digest: await artifactDigest(SERVICE),
      replicas,
      config: configurationOf(version, behaviour),
    }),
    end: async () => {
      await target.stop()
      const left = await processesOf(folder)
      await rm(folder, { recursive: true })
      if (left.length > 0) throw new Error(`processes ${left.join(', ')} were left behind`)
    },
  }
}

/** The proxy follows at once; the rest is for a busy machine. */
const ZERO_WITHIN_MS = 50

export const CONFIG = {
  kind: 'processes',
  listen: '127.0.0.1:0',
  replicas: 2,
  drainMs: 2000,
  readyTimeoutMs: 4000,
  components: {
    gateway: {
      command: ['node', 'main.ts'],
      env: {
        PORT: '${port}',
        HOST: '${host}',
        VERSION: '${version}',
        CONFIG: '${config.text}',
        BEHAVIOUR: '${config.behaviour}',
        START_MS: '${config.startMs}',
      },
      ready: '/ready',
      health: '/health',
      public: true,
    },
  },
}

const configurationOf = (version: string, behaviour: Behaviour) => ({
  text: `configuration of ${version}`,
  behaviour,
  startMs: '0',
})

/** Ids of the living processes that a supervisor of this folder started, at any depth. Linux only; else none. */
export async function processesOf(folder: string): Promise<number[]> {
  const wanted = `${MARK}=${folderHash(folder)}`
  const names = await readdir('/proc').catch(() => [])
  const found = await Promise.all(
    names
      .filter((name) => /^\d+$/.test(name))
      .map(async (pid) => {
        const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '')
        return environment.split('\0').includes(wanted) ? [Number(pid)] : []
      }),
  )
  return found.flat()
}
