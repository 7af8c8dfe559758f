import { join } from 'node:path'
import { freePort } from '../../../clawdbot/testing/free-port.ts'
import { kubectl } from '../../../testing/kubernetes/commands.ts'
import { kubeconfig } from '../../../testing/kubernetes/places.ts'
import { applyAll, CANARY, type Place, podTemplate, REPLICAS, STABLE, until } from '../place.ts'
import { type BuiltRival, buildRival } from '../rivals.ts'
import { type Behaviour, GOOD } from '../scenarios.ts'
import type { Contender, Options, Setting } from './contender.ts'
import { startController } from './controller.ts'
import { queriesOf } from './queries.ts'

const RIVAL = { name: 'flagger', module: 'github.com/fluxcd/flagger@v1.44.0', main: './cmd/flagger' }
const API = 'flagger.app/v1beta1'
/** It looks once an interval, and wants two looks. */
const INITIALISED_MS = 180_000
/** A canary that never got ready has only failed. */
const SIGNS = {
  'rolled back': /(?:Rolling back|Canary failed!) [^"]*/,
  promoted: /Promotion completed![^"]*/,
}

/**
 * Documented: the Canary of its Gateway API tutorial with weights that begin at 5 %. Fastest: the shortest interval that
 * it allows, and two failed checks instead of five.
 */
const TUNING: Readonly<Record<Setting, Tuning>> = {
  documented: { interval: '1m', threshold: 5, deadlineS: 60, errorWindow: '1m', latencyWindow: '30s' },
  fastest: { interval: '10s', threshold: 2, deadlineS: 30, errorWindow: '10s', latencyWindow: '10s' },
}

type Tuning = {
  readonly interval: string
  readonly threshold: number
  readonly deadlineS: number
  readonly errorWindow: string
  readonly latencyWindow: string
}

let built: BuiltRival

export const flagger: Contender = {
  name: 'Flagger',
  limitMs: { documented: 600_000, fastest: 240_000 },
  build: async (say) => {
    built = await buildRival(RIVAL, say)
  },
  prepare: async () => {
    const crds = join(built.folder, 'artifacts', 'flagger', 'crd.yaml')
    await kubectl(['apply', '--server-side', '-f', crds])
  },
  open: async (place, options) => {
    const { namespace } = place
    const controller = startController(
      built.binary,
      [
        ...['-kubeconfig', kubeconfig('admin'), '-namespace', namespace],
        ...['-port', `${await freePort()}`],
        ...['-mesh-provider', 'gatewayapi:v1', '-metrics-server', place.prometheusUrl, '-log-level', 'info'],
      ],
      {},
      { signs: SIGNS, logFile: place.logFile },
    )
    try {
      await applyAll([deployment(place, STABLE, GOOD), ...templates(place), canary(place, options)])
      await until(
        'the Canary is initialised',
        async () => (await phase(place)) === 'Initialized',
        INITIALISED_MS,
      )
    } catch (error) {
      await controller.close()
      throw error
    }
    return {
      decided: controller.decided,
      deploy: async (behaviour) => void (await applyAll([deployment(place, CANARY, behaviour)])),
      close: controller.close,
    }
  },
}

const phase = ({ namespace }: Place): Promise<string> =>
  kubectl(['get', 'canary', 'web', '-n', namespace, '-o', 'jsonpath={.status.phase}'])

const deployment = (place: Place, version: string, behaviour: Behaviour) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web', namespace: place.namespace },
  spec: {
    replicas: REPLICAS,
    selector: { matchLabels: { app: 'web' } },
    template: podTemplate(place, { app: 'web' }, version, behaviour),
  },
})

function templates({ namespace, prometheusUrl }: Place) {
  const service = `httproute-${namespace}-.*-svc-${namespace}-web-canary-.*`
  const queries = queriesOf(service, '{{ interval }}')
  const template = (name: string, query: string) => ({
    apiVersion: API,
    kind: 'MetricTemplate',
    metadata: { name, namespace },
    spec: { provider: { type: 'prometheus', address: prometheusUrl }, query },
  })
  return [
    template('error-rate', `100 - ${queries.successShare} * 100`),
    template('latency', queries.quantile(0.99)),
  ]
}

function canary({ namespace, host }: Place, { setting, firstWeight }: Options) {
  const { interval, threshold, deadlineS, errorWindow, latencyWindow } = TUNING[setting]
  const metric = (name: string, max: number, window: string) => ({
    name,
    templateRef: { name, namespace },
    thresholdRange: { max },
    interval: window,
  })
  return {
    apiVersion: API,
    kind: 'Canary',
    metadata: { name: 'web', namespace },
    spec: {
      targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' },
      progressDeadlineSeconds: deadlineS,
      service: { port: 80, targetPort: 'http', hosts: [host], gatewayRefs: [{ name: 'gateway', namespace }] },
      analysis: {
        interval,
        threshold,
        stepWeights: [firstWeight, 25, 50].filter((weight, n) => n === 0 || weight > firstWeight),
        // Per cent, and seconds.
        metrics: [metric('error-rate', 1, errorWindow), metric('latency', 0.5, latencyWindow)],
      },
    },
  }
}
