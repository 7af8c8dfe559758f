import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { freePort } from '../../../clawdbot/testing/free-port.ts'
import { kubectl } from '../../../testing/kubernetes/commands.ts'
import { kubeconfig, ROUTER_PORT } from '../../../testing/kubernetes/places.ts'
import { applyAll, CANARY, type Place, podTemplate, REPLICAS, STABLE, serviceOf, until } from '../place.ts'
import { type BuiltRival, buildRival } from '../rivals.ts'
import { type Behaviour, GOOD } from '../scenarios.ts'
import type { Contender, Options, Setting } from './contender.ts'
import { startController } from './controller.ts'
import { queriesOf } from './queries.ts'

const RIVAL = {
  name: 'argo-rollouts',
  module: 'github.com/argoproj/argo-rollouts@v1.9.0',
  main: './cmd/rollouts-controller',
}
const TRAEFIK_GROUP = 'traefik.io'
const API = 'argoproj.io/v1alpha1'
/** The stable version is the first revision, the canary the second. */
const SIGNS = {
  'rolled back': /Rollout aborted update to revision 2[^"]*/,
  promoted: /Rollout completed update to revision 2[^"]*/,
}

/**
 * Documented: the background analysis of its documentation, with an interval of a minute instead of five. Fastest: each
 * five seconds, no failure allowed; no traffic is no failure, and a canary that does not start is aborted.
 */
const TUNING: Readonly<Record<Setting, Tuning>> = {
  documented: {
    analysis: { interval: '1m', initialDelay: '1m', failureLimit: 1 },
    window: '1m',
    ifNothing: '',
    pauses: [60, 60, 60],
    progress: {},
  },
  fastest: {
    analysis: { interval: '5s', initialDelay: '5s', failureLimit: 0 },
    window: '10s',
    ifNothing: 'isNaN(result[0]) || ',
    pauses: [40, 10, 10],
    progress: { progressDeadlineSeconds: 30, progressDeadlineAbort: true },
  },
}

type Tuning = {
  readonly analysis: object
  /** Of the rates it asks for. */
  readonly window: string
  readonly ifNothing: string
  /** Seconds at the first weight, at 25 % and at 50 %. */
  readonly pauses: readonly [number, number, number]
  readonly progress: object
}

let built: BuiltRival

export const argo: Contender = {
  name: 'Argo Rollouts',
  limitMs: { documented: 420_000, fastest: 150_000 },
  build: async (say) => {
    built = await buildRival(RIVAL, say)
  },
  prepare: async () => {
    const folder = join(built.folder, 'manifests', 'crds')
    for (const file of readdirSync(folder).filter((name) => name.endsWith('-crd.yaml')))
      await kubectl(['apply', '--server-side', '-f', join(folder, file)])
  },
  open: async (place, options) => {
    const { namespace } = place
    const metrics = ['--metricsPort', `${await freePort()}`, '--healthzPort', `${await freePort()}`]
    const group = ['--traefik-api-group', TRAEFIK_GROUP, '--traefik-api-version', `${TRAEFIK_GROUP}/v1alpha1`]
    const scope = ['--namespaced', '--namespace', namespace, '--leader-elect=false']
    const controller = startController(
      built.binary,
      ['--kubeconfig', kubeconfig('admin'), ...scope, ...group, ...metrics],
      {},
      { signs: SIGNS, logFile: place.logFile },
    )
    try {
      await applyAll([
        serviceOf(place, 'web-stable', { app: 'web' }),
        serviceOf(place, 'web-canary', { app: 'web' }),
        ...routing(place),
        analysis(place, TUNING[options.setting]),
        rollout(place, options, STABLE, GOOD),
      ])
      await until('the stable Rollout is healthy', async () => (await phase(place)) === 'Healthy')
    } catch (error) {
      await controller.close()
      throw error
    }
    return {
      decided: controller.decided,
      deploy: async (behaviour) => void (await applyAll([rollout(place, options, CANARY, behaviour)])),
      close: controller.close,
    }
  },
}

const phase = ({ namespace }: Place): Promise<string> =>
  kubectl(['get', 'rollout', 'web', '-n', namespace, '-o', 'jsonpath={.status.phase}'])

const routing = ({ namespace, host }: Place) => [
  {
    apiVersion: `${TRAEFIK_GROUP}/v1alpha1`,
    kind: 'TraefikService',
    metadata: { name: 'web', namespace },
    spec: {
      weighted: {
        services: [
          { name: 'web-stable', port: 80 },
          { name: 'web-canary', port: 80 },
        ],
      },
    },
  },
  {
    apiVersion: `${TRAEFIK_GROUP}/v1alpha1`,
    kind: 'IngressRoute',
    metadata: { name: 'web', namespace },
    spec: {
      entryPoints: [`web-${ROUTER_PORT}`],
      routes: [
        {
          match: `Host(\`${host}\`)`,
          kind: 'Rule',
          services: [{ name: 'web', kind: 'TraefikService' }],
        },
      ],
    },
  },
]

function analysis({ namespace, prometheusUrl }: Place, { analysis: when, window, ifNothing }: Tuning) {
  const queries = queriesOf(`${namespace}-web-canary-.*`, window)
  const metric = (name: string, query: string, condition: string) => ({
    name,
    ...when,
    successCondition: `${ifNothing}${condition}`,
    provider: { prometheus: { address: prometheusUrl, query } },
  })
  return {
    apiVersion: API,
    kind: 'AnalysisTemplate',
    metadata: { name: 'canary', namespace },
    spec: {
      metrics: [
        metric('success-rate', queries.successShare, 'result[0] >= 0.95'),
        metric('p95', queries.quantile(0.95), 'result[0] <= 2'),
      ],
    },
  }
}

function rollout(place: Place, { setting, firstWeight }: Options, version: string, behaviour: Behaviour) {
  const { pauses, progress } = TUNING[setting]
  const weights = [firstWeight, 25, 50].filter((weight, n) => n === 0 || weight > firstWeight)
  return {
    apiVersion: API,
    kind: 'Rollout',
    metadata: { name: 'web', namespace: place.namespace },
    spec: {
      replicas: REPLICAS,
      ...progress,
      selector: { matchLabels: { app: 'web' } },
      template: podTemplate(place, { app: 'web' }, version, behaviour),
      strategy: {
        canary: {
          stableService: 'web-stable',
          canaryService: 'web-canary',
          trafficRouting: { traefik: { weightedTraefikServiceName: 'web' } },
          analysis: { templates: [{ templateName: 'canary' }], startingStep: 1 },
          steps: weights.flatMap((setWeight, n) => [{ setWeight }, { pause: { duration: `${pauses[n]}s` } }]),
        },
      },
    },
  }
}
