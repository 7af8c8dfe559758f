import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import type { Json } from '#core/json.ts'
import type { Instance, Target } from '#targets/target.ts'
import { type DrillFault, type DrillScratch, defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance, drillService, observedInstances } from '../drill-situation.ts'
import { type ClusterSituation, clusterWorld, IMAGE, NAMESPACE, startCluster } from '../live/cluster-drill.ts'
import type { DrillObject } from '../live/drill-cluster.ts'

const PROBE_MS = 150
const config = { within: 2 }
const SERVER = (catchAll: boolean) => `
import { createServer } from 'node:http'
const server = createServer((req, res) => {
  const known = ${catchAll} || req.url === '/ready' || req.url === '/health'
  // By this name it is a copy that cannot serve.
  const isUnready = req.url === '/ready' && req.headers.host.startsWith('localhost')
  res.writeHead(isUnready ? 503 : known ? 200 : 404, { 'content-type': 'application/json' })
  res.end('{"status":"ready"}')
})
server.listen(0, '127.0.0.1', () => console.log(server.address().port))
`

type Look = (instance: Instance) => Promise<boolean>

/** What a target does to know: ask the instance itself, and wait only so long. */
const asking: Look = async ({ url }) =>
  fetch(`${url}/ready`, { signal: AbortSignal.timeout(PROBE_MS) }).then(
    ({ ok }) => ok,
    () => false,
  )

/** A process of its own that answers probes, and a target that looks at it in its way. */
export async function start(
  scratch: DrillScratch,
  overrides: Partial<Instance> = {},
  look: Look = asking,
  catchAll = false,
) {
  const file = await scratch.write(`server-${catchAll}.mjs`, SERVER(catchAll))
  const child = spawn(process.execPath, [file], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [port] = await once(child.stdout as NonNullable<ChildProcess['stdout']>, 'data')
  const instance = drillInstance({
    url: `http://127.0.0.1:${String(port).trim()}`,
    pid: child.pid ?? null,
    ...overrides,
  })
  const target = {
    observe: async () => observedInstances([{ ...instance, ready: await look(instance) }]),
  } as unknown as Target
  const staging = drillEnvironment({ target, candidates: async () => [instance] })
  return {
    context: { environmentNamed: () => staging, service: drillService({ staging: 'production' }) },
    close: async () => {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

const starting = (
  name: string,
  expect: 'fail' | 'unknown',
  overrides: Partial<Instance>,
  look?: Look,
  catchAll?: boolean,
): DrillFault<null> => ({
  name,
  expect,
  plant: (_ground, scratch) => start(scratch, overrides, look, catchAll),
})

type Seen = { readonly status: object; readonly getsTraffic: boolean }
const seen = (ready: string, more: object = {}): Seen => ({
  getsTraffic: ready === 'True',
  status: {
    phase: 'Running',
    podIP: ready === 'True' ? '127.0.0.1' : 'localhost',
    conditions: [{ type: 'Ready', status: ready }],
    containerStatuses: [{ name: 'web', restartCount: 0, state: { running: {} }, ...more }],
  },
})
const asItIs = seen('True')
const unready = seen('False')

const here = (name: string, more: object = {}) => ({ name, namespace: NAMESPACE, ...more })
const own = { app: 'web', 'gonogo.dev/slot': 'stable' }
const template = (spec: object = {}) => ({
  metadata: { labels: own },
  spec: { containers: [{ name: 'web', image: IMAGE }], ...spec },
})

/** A pod of a Deployment behind its Service; `spec` is its own besides, `selector` that of a second Service. */
const objects = (spec: object, selector: object): DrillObject[] => [
  { kind: 'Service', metadata: here('web'), spec: { selector: own, ports: [{ port: 80 }] } },
  { kind: 'Service', metadata: here('other'), spec: { selector } },
  { kind: 'ReplicaSet', metadata: here('web-1'), spec: { template: template(spec) } },
  {
    kind: 'Pod',
    metadata: here('gateway-1', {
      ownerReferences: [{ kind: 'ReplicaSet', name: 'web-1', controller: true }],
    }),
    spec: template(spec).spec,
  },
]

/** A cluster that has become of the two copies what is said here. */
export function podsWorld(
  { good = asItIs, bad = unready }: { good?: Seen; bad?: Seen } = {},
  spec: object = {},
  selector: object = { app: 'other' },
): ClusterSituation {
  const becomes = (made: DrillObject): readonly [DrillObject, ...DrillObject[]] => {
    const { name } = made.metadata
    if (made.kind === 'Pod') return [{ ...made, status: (name.endsWith('-unready') ? bad : good).status }]
    const endpoint = (pod: string, { getsTraffic }: Seen) => ({
      conditions: { ready: getsTraffic },
      targetRef: { name: `${name}-${pod}` },
    })
    const labels = { 'kubernetes.io/service-name': name }
    const endpoints = [endpoint('as-it-is', good), endpoint('unready', bad)]
    return [made, { kind: 'EndpointSlice', metadata: here(name, { labels }), endpoints }]
  }
  return { world: clusterWorld(objects(spec, selector), { becomes }), service: { staging: 'production' } }
}

/** The same instance in a pod on that cluster. */
export async function startPods(
  scratch: DrillScratch,
  situation = podsWorld(),
  overrides: Partial<Instance> = {},
) {
  const server = await start(scratch, { pid: null, ...overrides })
  const cluster = await startCluster(scratch, situation)
  return {
    context: { ...server.context, ...cluster.context },
    close: async () => void (await Promise.all([server.close(), cluster.close()])),
  }
}

export const podsConfig = {
  within: 0.2,
  startsWithin: 1,
  unready: { DATABASE_URL: 'postgres://127.0.0.1:9' },
}

const onCluster = (
  name: string,
  expect: 'fail' | 'unknown',
  situation: ClusterSituation,
  config: Json = podsConfig,
  overrides?: Partial<Instance>,
): DrillFault<null> => ({
  name: `on a cluster: ${name}`,
  expect,
  plant: async (_ground, scratch) => ({ config, ...(await startPods(scratch, situation, overrides)) }),
})

const waiting = { reason: 'CrashLoopBackOff' }
const claim = { name: 'data', persistentVolumeClaim: { claimName: 'data' } }
const grpc = { containers: [{ name: 'web', image: IMAGE, readinessProbe: { grpc: { port: 8080 } } }] }
const hostPath = { name: 'data', hostPath: { path: '/var/data' } }
const other = { name: 'web', image: 'registry.internal/web@sha256:1' }
const isKeptOut = (podIP: string): Seen => ({ ...unready, status: { ...unready.status, podIP } })

export const drill = defineDrill<null>({
  item: '1.3.8',
  ground: async (scratch) => ({ config, ground: null, ...(await start(scratch)) }),
  faults: [
    starting('no readiness probe', 'fail', { readyPath: null }),
    starting('no liveness probe', 'fail', { healthPath: null }),
    starting('one probe for both', 'fail', { healthPath: '/ready' }),
    starting('a probe on a path that always answers 200', 'fail', {}, asking, true),
    starting('a stopped instance stays in the routing', 'fail', {}, async () => true),
    starting('a process that cannot be stopped', 'unknown', { pid: null }),
    starting('a closed port', 'unknown', { url: 'http://127.0.0.1:1' }),
    onCluster('a pod that cannot serve is ready', 'fail', podsWorld({ bad: asItIs })),
    onCluster('it gets traffic, ready or not', 'fail', podsWorld({ bad: { ...unready, getsTraffic: true } })),
    onCluster('one that can serve gets no traffic, either', 'unknown', podsWorld({ good: unready })),
    onCluster('something else keeps it out', 'unknown', podsWorld({ bad: isKeptOut('127.0.0.1') })),
    onCluster('its readiness cannot be asked', 'unknown', podsWorld({ bad: isKeptOut('127.0.0.9') })),
    onCluster('it has no address', 'unknown', podsWorld({ bad: isKeptOut('') })),
    onCluster('it does not go on running', 'unknown', podsWorld({ bad: seen('False', { restartCount: 1 }) })),
    onCluster('it does not start', 'unknown', podsWorld({ bad: seen('False', { state: { waiting } }) })),
    onCluster('it has not started yet', 'unknown', podsWorld({ bad: seen('False', { started: false }) })),
    onCluster('it would write what is the pod’s own', 'unknown', podsWorld({}, { volumes: [claim] })),
    onCluster('what it mounts is the node’s', 'unknown', podsWorld({}, { volumes: [hostPath] })),
    onCluster('its controller is at another release', 'unknown', podsWorld({}, { containers: [other] })),
    onCluster('users would be led to it', 'unknown', podsWorld({}, {}, { app: 'web' })),
    onCluster('no readiness probe', 'fail', podsWorld(), podsConfig, { readyPath: null }),
    onCluster('a probe that cannot be asked', 'unknown', podsWorld({}, grpc), podsConfig, {
      readyPath: null,
    }),
    onCluster('no settings with which it cannot serve', 'unknown', podsWorld(), { within: 0.2 }),
  ],
})
