import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import {
  type Cluster,
  copyOf,
  objectSchema,
  probedWithinMs,
  wholePodSchema,
} from '#connectors/kubernetes/index.ts'
import { CheckProblem } from '../check.ts'
import type { ServiceCluster } from '../live/service-cluster.ts'

const LOOK_EVERY_MS = 300
const PROBE = 'gonogo.dev/probe'

const serviceSchema = z.object({
  spec: z.object({
    ports: z.array(z.looseObject({})),
    publishNotReadyAddresses: z.boolean().default(false),
  }),
})

const podSchema = z.object({
  status: z
    .object({
      phase: z.string().default(''),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      containerStatuses: z
        .array(
          z.object({
            name: z.string(),
            restartCount: z.number(),
            state: z
              .object({
                running: z.unknown().optional(),
                waiting: z.object({ reason: z.string().default('') }).optional(),
              })
              .prefault({}),
          }),
        )
        .default([]),
    })
    .prefault({}),
})
type Pod = z.infer<typeof podSchema>

const sliceSchema = z.object({
  endpoints: z
    .array(
      z.object({
        // Where nothing is said, it counts as ready.
        conditions: z.object({ ready: z.boolean().default(true) }).prefault({}),
        targetRef: z.object({ name: z.string() }).optional(),
      }),
    )
    .nullish(),
})

export type Unready = {
  /** The pod of the release that is copied. */
  readonly pod: string
  /** With these settings it runs, and cannot serve. */
  readonly settings: Readonly<Record<string, string>>
  /** How long such a pod must stay out of the routing, in ms; longer where its probes need longer. */
  readonly forMs: number
  /** How long a copy may take until it serves, in ms. */
  readonly startsWithinMs: number
}

/**
 * Starts two copies of a pod, behind a Service like the release's own: one as it is, which must become an endpoint, and one
 * that cannot serve, which must not. What is wrong, or null. Throws a CheckProblem where that cannot be told.
 */
export async function unreadyGetsTraffic(
  { cluster, namespace, of }: ServiceCluster,
  { pod, settings, forMs, startsWithinMs }: Unready,
  signal: AbortSignal,
): Promise<string | null> {
  const core = `/api/v1/namespaces/${namespace}`
  const { spec } = await cluster.get(`${core}/services/${of}`, serviceSchema)
  if (spec.publishNotReadyAddresses)
    return `Service ${of} leads to pods that are not ready, too (publishNotReadyAddresses)`
  const original = await cluster.get(`${core}/pods/${pod}`, wholePodSchema)
  const id = `gonogo-probe-${randomBytes(4).toString('hex')}`
  const names = { good: `${id}-as-it-is`, bad: `${id}-unready` }
  const limitMs = startsWithinMs + Math.max(forMs, probedWithinMs(original))
  const labels = { [PROBE]: id }
  const start = (name: string, env: Readonly<Record<string, string>>) =>
    cluster.create(`${core}/pods`, copyOf(original, { name, namespace, labels, env, limitMs }), objectSchema)
  try {
    const { metadata } = await start(names.good, {})
    await start(names.bad, settings)
    // It goes with the pod, should nobody be left to take it away.
    const owner = { apiVersion: 'v1', kind: 'Pod', name: names.good, uid: metadata.uid }
    const service = {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: id, namespace, labels, ownerReferences: [owner] },
      spec: { selector: labels, ports: spec.ports.map(({ nodePort: _, ...port }) => port) },
    }
    await cluster.create(`${core}/services`, service, objectSchema)
    const times = { forMs: limitMs - startsWithinMs, limitMs }
    return await compare(() => look(cluster, namespace, id, names), settings, times, signal)
  } finally {
    for (const name of [names.good, names.bad])
      await cluster.remove(`${core}/pods/${name}?gracePeriodSeconds=0`)
    await cluster.remove(`${core}/services/${id}`)
  }
}

type Seen = Pod & { readonly getsTraffic: boolean }
type Both<T> = { readonly good: T; readonly bad: T }

async function look(
  cluster: Cluster,
  namespace: string,
  service: string,
  { good, bad }: Both<string>,
): Promise<Both<Seen>> {
  const pods = `/api/v1/namespaces/${namespace}/pods`
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`
  const [whole, unready, all] = await Promise.all([
    cluster.get(`${pods}/${good}`, podSchema),
    cluster.get(`${pods}/${bad}`, podSchema),
    cluster.list(slices, sliceSchema, { selector: `kubernetes.io/service-name=${service}` }),
  ])
  const ready = all
    .flatMap(({ endpoints }) => endpoints ?? [])
    .filter(({ conditions }) => conditions.ready)
    .map(({ targetRef }) => targetRef?.name)
  return {
    good: { ...whole, getsTraffic: ready.includes(good) },
    bad: { ...unready, getsTraffic: ready.includes(bad) },
  }
}

async function compare(
  look: () => Promise<Both<Seen>>,
  settings: Unready['settings'],
  { forMs, limitMs }: { readonly forMs: number; readonly limitMs: number },
  signal: AbortSignal,
): Promise<string | null> {
  const startedMs = performance.now()
  const words = Object.keys(settings).join(', ')
  let [goodTookMs, badRunsSinceMs] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]
  for (;;) {
    const { good, bad } = await look()
    const nowMs = performance.now()
    if (bad.getsTraffic || isReady(bad))
      return `a pod that cannot serve (${words} set so) is taken for ready, and gets traffic`
    const trouble = troubleOf(bad) ?? troubleOf(good)
    if (trouble !== null) {
      const which = troubleOf(bad) === null ? 'a copy of it as it is' : `a copy of it with ${words} set so`
      throw new CheckProblem(`${which} does not run (${trouble}), so what its readiness does is not known`)
    }
    if (isRunning(bad)) badRunsSinceMs = Math.min(badRunsSinceMs, nowMs)
    if (good.getsTraffic) goodTookMs = Math.min(goodTookMs, nowMs - startedMs)
    if (nowMs - badRunsSinceMs >= Math.max(forMs, goodTookMs)) return null
    if (nowMs - startedMs > limitMs)
      throw new CheckProblem(
        goodTookMs < Number.POSITIVE_INFINITY
          ? `a copy of it with ${words} set so does not run after ${Math.round(limitMs / 1000)} s`
          : `a copy of it as it is got no traffic within ${Math.round(limitMs / 1000)} s, so that the other got none proves nothing`,
      )
    await wait(LOOK_EVERY_MS, undefined, { signal })
  }
}

const isReady = ({ status }: Pod): boolean =>
  status.conditions.some(({ type, status: is }) => type === 'Ready' && is === 'True')

const isRunning = ({ status: { containerStatuses } }: Pod): boolean =>
  containerStatuses.length > 0 && containerStatuses.every(({ state }) => state.running !== undefined)

/** Why it will not run, or did not go on running; null while nothing is wrong. */
function troubleOf({ status }: Pod): string | null {
  const { phase, containerStatuses } = status
  const restarted = containerStatuses.find(({ restartCount }) => restartCount > 0)
  if (restarted) return `${restarted.name} ended, and was started again`
  const stuck = containerStatuses.find(({ state }) => /Err|BackOff/.test(state.waiting?.reason ?? ''))
  if (stuck) return `${stuck.name}: ${stuck.state.waiting?.reason}`
  return phase === 'Failed' || phase === 'Succeeded' ? `it ${phase.toLowerCase()}` : null
}
