import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { apply, kubectl } from '../../testing/kubernetes/commands.ts'
import { ROUTER_PORT } from '../../testing/kubernetes/places.ts'
import type { Behaviour } from './scenarios.ts'

/** Name of the service's image; a digest follows it. */
export const IMAGE = 'gonogo.bench/service'
export const STABLE = '1.0.0'
export const CANARY = '1.1.0'
export const REPLICAS = 2
const OWN = 'gonogo.bench/own=yes'
const GATEWAY_API = 'gateway.networking.k8s.io/v1'

/** Everything the bench writes, below the folder it is started in. */
export const FOLDER = '.gonogo/bench-kubernetes'
const LOGS = join(FOLDER, 'logs')

let made = 0

/** A namespace of its own with a gateway; users reach what is in it by the host's name. */
export type Place = {
  readonly namespace: string
  readonly host: string
  /** The service's image by its digest. */
  readonly digest: string
  readonly upstreamUrl: string
  /** The Prometheus that contenders ask. */
  readonly prometheusUrl: string
  /** Where what the contender says is kept. */
  readonly logFile: string
  end(): Promise<void>
}

export async function makePlace(
  around: Pick<Place, 'digest' | 'upstreamUrl' | 'prometheusUrl'>,
): Promise<Place> {
  const namespace = `bench-${process.pid}-${++made}`
  mkdirSync(LOGS, { recursive: true })
  await kubectl(['create', 'namespace', namespace])
  await kubectl(['label', 'namespace', namespace, OWN])
  await applyAll([
    {
      apiVersion: GATEWAY_API,
      kind: 'Gateway',
      metadata: { name: 'gateway', namespace },
      spec: {
        gatewayClassName: 'traefik',
        listeners: [{ name: 'web', port: ROUTER_PORT, protocol: 'HTTP' }],
      },
    },
  ])
  return {
    namespace,
    host: `${namespace}.example`,
    ...around,
    logFile: join(LOGS, `${namespace}.log`),
    end: async () => {
      await kubectl(['delete', 'namespace', namespace, '--wait=false'])
      // The next run begins on a machine that is as quiet as this one was.
      await kubectl(['wait', '--for=delete', 'pod', '--all', '-n', namespace, '--timeout=60s'])
    },
  }
}

/** What a run that was killed left behind. */
export async function removeOldPlaces(): Promise<void> {
  await kubectl(['delete', 'namespace', '--selector', OWN, '--timeout=120s'])
}

export const applyAll = (items: readonly object[]): Promise<string> =>
  apply(JSON.stringify({ apiVersion: 'v1', kind: 'List', items }))

export const serviceOf = (place: Place, name: string, selector: Readonly<Record<string, string>>) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: place.namespace },
  spec: { selector, ports: [{ name: 'http', port: 80, targetPort: 'http' }] },
})

export const routeOf = (place: Place, backendRefs: readonly object[]) => ({
  apiVersion: GATEWAY_API,
  kind: 'HTTPRoute',
  metadata: { name: 'web', namespace: place.namespace },
  spec: { parentRefs: [{ name: 'gateway' }], hostnames: [place.host], rules: [{ backendRefs }] },
})

/** The pods of a version, the same for every contender. */
export const podTemplate = (
  place: Place,
  labels: Readonly<Record<string, string>>,
  version: string,
  behaviour: Behaviour,
) => ({
  metadata: { labels },
  spec: containerSpec(behaviour.noImage ? `${IMAGE}-none:1` : `${IMAGE}@${place.digest}`, [
    { name: 'VERSION', value: version },
    { name: 'UPSTREAM', value: place.upstreamUrl },
    { name: 'ERRORS', value: String(behaviour.errors) },
    { name: 'DELAY_MS', value: String(behaviour.delayMs) },
    { name: 'CRASH', value: behaviour.crash ? 'yes' : 'no' },
  ]),
})

export const containerSpec = (image: string, env: readonly object[]) => ({
  automountServiceAccountToken: false,
  terminationGracePeriodSeconds: 15,
  containers: [
    {
      name: 'web',
      image,
      imagePullPolicy: 'Never',
      env,
      ports: [{ name: 'http', containerPort: 8080 }],
      readinessProbe: { httpGet: { path: '/ready', port: 'http' }, periodSeconds: 1 },
      // The router needs a moment to hear that an endpoint is about to go.
      lifecycle: { preStop: { sleep: { seconds: 3 } } },
    },
  ],
})

/** Waits until a Deployment's pods are all new and ready. */
export const rolledOut = (place: Place, name: string): Promise<string> =>
  kubectl(['rollout', 'status', `deployment/${name}`, '-n', place.namespace, '--timeout=60s'])

/** Waits until something is so; throws with what it was, and why it could not be asked. */
export async function until(what: string, isSo: () => Promise<boolean>, limitMs = 60_000): Promise<void> {
  const deadline = performance.now() + limitMs
  for (;;) {
    const asked = await isSo().catch((error: Error) => error)
    if (asked === true) return
    if (performance.now() > deadline)
      throw new Error(`${what}: not after ${limitMs / 1000} s${asked ? `; ${asked.message}` : ''}`)
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
