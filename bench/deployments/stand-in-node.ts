import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { request } from 'undici'
import { apply, kubectl } from '../../testing/kubernetes/commands.ts'
import { binary, kubeconfig } from '../../testing/kubernetes/places.ts'

export const STAND_IN = 'stand-in'
/** Nobody but pods that ask for it are put on the node. */
export const ON_STAND_IN = {
  nodeSelector: { 'gonogo.bench/node': STAND_IN },
  tolerations: [{ key: 'gonogo.bench/node', operator: 'Exists' }],
}
const RENEW_MS = 20_000
const AGAIN_MS = 200
const TRIES = 25
/** A pod that was to end has ended. */
const GONE = 404
const PROXY_PORT = 8193
const API = `http://127.0.0.1:${PROXY_PORT}`

type Pod = {
  readonly metadata: {
    readonly name: string
    readonly namespace: string
    readonly deletionTimestamp?: string
  }
  readonly spec: { readonly containers: readonly { readonly name: string; readonly image: string }[] }
  readonly status?: { readonly phase?: string }
}

/**
 * A node without a machine: pods on it are said to be ready at once, and gone as soon as they are to end. For hundreds of
 * deployments, which no machine of two cores could run; the API server, its controllers and the router are real.
 */
export async function startStandIn(): Promise<{ end(): Promise<void> }> {
  await apply(JSON.stringify(NODE))
  await renew()
  // One that fails is followed by the next, long before the node is taken to be gone.
  const renewing = setInterval(() => void renew().catch(tell('renewing it')), RENEW_MS)
  const proxy = spawn(
    binary('kubectl'),
    ['--kubeconfig', kubeconfig('admin'), 'proxy', `--port=${PROXY_PORT}`],
    { stdio: 'ignore' },
  )
  const ended = new AbortController()
  const following = follow(ended.signal)
  return {
    end: async () => {
      clearInterval(renewing)
      ended.abort()
      await following
      proxy.kill('SIGTERM')
      await kubectl(['delete', 'node', STAND_IN, '--ignore-not-found'])
    },
  }
}

/** A watch that ends is begun anew, and tells again of every pod there is. */
async function follow(ended: AbortSignal): Promise<void> {
  let made = 0
  while (!ended.aborted) {
    try {
      const path = `/api/v1/pods?watch=true&fieldSelector=spec.nodeName%3D${STAND_IN}`
      const { body } = await request(`${API}${path}`, { signal: ended, bodyTimeout: 0 })
      for await (const line of createInterface({ input: body })) {
        const { type, object } = JSON.parse(line) as { type: string; object: Pod }
        if (type === 'ADDED' || type === 'MODIFIED')
          void actSurely(object, ++made).catch(tell(`pod ${object.metadata.name}`))
      }
    } catch (error) {
      if (ended.aborted) return
      tell('watching its pods')(error as Error)
      await wait(AGAIN_MS)
    }
  }
}

const tell = (what: string) => (error: Error) =>
  void process.stderr.write(`· the stand-in node, ${what}: ${error.message}\n`)

/** A pod that nobody acts on would wait for ever: the watch tells of it once. */
async function actSurely(pod: Pod, n: number): Promise<void> {
  for (let left = TRIES; ; left--) {
    try {
      return await act(pod, n)
    } catch (error) {
      if (left === 1) throw error
      await wait(AGAIN_MS)
    }
  }
}

async function act(pod: Pod, n: number): Promise<void> {
  const { namespace, name, deletionTimestamp } = pod.metadata
  const path = `${API}/api/v1/namespaces/${namespace}/pods/${name}`
  const [method, where, body, type] = deletionTimestamp
    ? (['DELETE', path, { gracePeriodSeconds: 0 }, 'application/json'] as const)
    : (['PATCH', `${path}/status`, readyStatus(pod, n), 'application/merge-patch+json'] as const)
  if (!deletionTimestamp && pod.status?.phase !== 'Pending') return
  const headers = { 'content-type': type }
  const answer = await request(where, { method, headers, body: JSON.stringify(body) })
  const said = await answer.body.text()
  if (answer.statusCode >= 400 && answer.statusCode !== GONE)
    throw new Error(`${method} answered ${answer.statusCode}: ${said.slice(0, 200)}`)
}

const NODE = {
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name: STAND_IN, labels: { 'gonogo.bench/node': STAND_IN } },
  spec: { taints: [{ key: 'gonogo.bench/node', effect: 'NoSchedule' }] },
}

/** The cluster takes a node that says nothing for two minutes to be gone. */
async function renew(): Promise<void> {
  const room = { cpu: '1000', memory: '1Ti', pods: '2000' }
  const now = new Date().toISOString()
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: 'StandIn',
    lastHeartbeatTime: now,
    lastTransitionTime: now,
  }
  const status = JSON.stringify({ status: { capacity: room, allocatable: room, conditions: [ready] } })
  await kubectl(['patch', 'node', STAND_IN, '--subresource=status', '--type=merge', '-p', status])
}

const readyStatus = ({ spec }: Pod, n: number) => {
  const now = new Date().toISOString()
  return {
    status: {
      phase: 'Running',
      podIP: `10.245.${(n >> 8) & 255}.${n & 255}`,
      startTime: now,
      conditions: ['PodScheduled', 'Initialized', 'ContainersReady', 'Ready'].map((type) => ({
        type,
        status: 'True',
        lastTransitionTime: now,
      })),
      containerStatuses: spec.containers.map(({ name, image }) => ({
        name,
        image,
        imageID: image,
        ready: true,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: now } },
      })),
    },
  }
}
