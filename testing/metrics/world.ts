// biome-ignore-all lint/suspicious/noTemplateCurlyInString: they are the templates that the supervisor fills.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Agent, request } from 'undici'
import { stringify } from 'yaml'
import { type Service, serviceSchema } from '../../gonogo/core/service.ts'
import type { OpenTarget } from '../../gonogo/targets/kind-of-target.ts'
import { openTarget } from '../../gonogo/targets/open-target.ts'
import { artifactDigest } from '../../gonogo/targets/processes/artifact-digest.ts'
import type { Instance } from '../../gonogo/targets/target.ts'
import { makeTeam } from '../crash/team.ts'

const SERVICE = fileURLToPath(new URL('service', import.meta.url))
export const STABLE = '1.0.0'
export const CANARY = '1.1.0'

export type Metrics = Service['environments'][string]['metrics']

/** What users saw of one instance. */
export type Tally = { readonly requests: number; readonly errors: number }

/** An environment with two versions of a service, two instances each; half of the traffic goes to the new one. */
export type MetricsWorld = {
  readonly router: OpenTarget
  /** The same environment with its counters from somewhere else. */
  open(metrics: object): Promise<OpenTarget>
  instances(): Promise<readonly Instance[]>
  /** A service file of this environment with its counters from somewhere else, as the command line reads it. */
  serviceFile(metrics: object): Promise<string>
  /** Asks so often through the router, and says who answered how. */
  ask(times: number, path?: string): Promise<Record<string, Tally>>
  end(): Promise<void>
}

export async function makeMetricsWorld(canaryErrorRatio: number, canaryWeight = 50): Promise<MetricsWorld> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-metrics-'))
  const environmentFolder = join(folder, '.gonogo', 'environments', 'production')
  await mkdir(environmentFolder, { recursive: true })
  const fileOf = (metrics: object) => ({
    ...SERVICE_FILE,
    environments: { production: { target: TARGET, metrics } },
  })
  const open = (metrics: object) => {
    const { environments } = serviceSchema.parse(fileOf(metrics))
    return openTarget(
      'production',
      environments.production as Service['environments'][string],
      environmentFolder,
      folder,
    )
  }
  const router = await open({ source: 'router' })
  const agent = new Agent()
  const deploy = async (version: string, errorRatio: number) => {
    const config = { errorRatio: String(errorRatio) }
    const digest = await artifactDigest(SERVICE)
    await must(router.deploy({ version, artifact: SERVICE, digest, replicas: 2, config }, version))
  }
  await deploy(STABLE, 0)
  await must(router.setWeights({ [STABLE]: 100 }, 'all'))
  await must(router.promote(STABLE, 'stable'))
  await deploy(CANARY, canaryErrorRatio)
  await must(router.setWeights({ [STABLE]: 100 - canaryWeight, [CANARY]: canaryWeight }, 'some'))
  return {
    router,
    open,
    instances: async () => (await router.observe()).instances,
    serviceFile: async (metrics) => {
      const file = join(folder, 'gonogo.yaml')
      await writeFile(file, stringify({ ...fileOf(metrics), checklist: CHECKLIST, people: makeTeam(folder) }))
      return file
    },
    ask: async (times, path = '/work') => {
      const { url } = await router.observe()
      const tallies: Record<string, Tally> = {}
      for (let i = 0; i < times; i++) {
        const { statusCode, headers, body } = await request(`${url}${path}`, { dispatcher: agent })
        await body.dump()
        const who = String(headers['x-served-by'])
        const { requests, errors } = tallies[who] ?? { requests: 0, errors: 0 }
        tallies[who] = { requests: requests + 1, errors: errors + (statusCode >= 500 ? 1 : 0) }
      }
      return tallies
    },
    end: async () => {
      await agent.close()
      await router.stop?.()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

const TARGET = {
  kind: 'processes',
  listen: '127.0.0.1:0',
  drainMs: 1000,
  readyTimeoutMs: 15_000,
  components: {
    web: {
      command: ['node', 'main.ts'],
      env: { PORT: '${port}', HOST: '${host}', VERSION: '${version}', ERROR_RATIO: '${config.errorRatio}' },
      ready: '/ready',
      public: true,
    },
  },
}
const CHECKLIST = fileURLToPath(new URL('../crash/small-checklist.yaml', import.meta.url))
const SERVICE_FILE = { gonogo: 1, service: 'metrics', checklist: 'none.yaml', people: {} }

async function must(outcome: ReturnType<OpenTarget['deploy']>): Promise<void> {
  const settled = await outcome
  if (!settled.ok) throw new Error(`${settled.code}: ${settled.detail}`)
}
