import { z } from 'zod'

const labels = z.record(z.string(), z.string()).prefault({})
const probe = z.looseObject({
  initialDelaySeconds: z.number().default(0),
  periodSeconds: z.number().default(10),
  timeoutSeconds: z.number().default(1),
  successThreshold: z.number().default(1),
})
const container = z.looseObject({
  env: z.array(z.looseObject({ name: z.string() })).default([]),
  readinessProbe: probe.optional(),
})

/** A pod, with all that its specification has. */
export const wholePodSchema = z.object({
  metadata: z.object({ labels, annotations: labels }),
  spec: z.looseObject({ containers: z.array(container) }),
})
export type WholePod = z.infer<typeof wholePodSchema>

/** Labels by which controllers, and gonogo, know pods of their own. */
const OWNED =
  /^(gonogo\.dev\/|pod-template-hash$|controller-revision-hash$|statefulset\.|apps\.kubernetes\.io\/)/

export type PodCopy = {
  readonly name: string
  readonly namespace: string
  readonly labels: Readonly<Record<string, string>>
  /** Settings of every container that are other than the pod's. */
  readonly env: Readonly<Record<string, string>>
  /** When the cluster ends it by itself. */
  readonly limitMs: number
}

/** What makes another pod like this one, on any node, that belongs to no controller and to no version of a service. */
export function copyOf(pod: WholePod, { name, namespace, labels: own, env, limitMs }: PodCopy): object {
  // Of the node that it ran on, and of the pod that it was.
  const { nodeName: _, hostname: __, subdomain: ___, ephemeralContainers: ____, ...spec } = pod.spec
  const kept = Object.entries(pod.metadata.labels).filter(([key]) => !OWNED.test(key))
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name,
      namespace,
      labels: { ...Object.fromEntries(kept), ...own },
      annotations: pod.metadata.annotations,
    },
    spec: {
      ...spec,
      activeDeadlineSeconds: Math.ceil(limitMs / 1000),
      containers: spec.containers.map((one) => ({
        ...one,
        env: [
          ...one.env.filter((entry) => !(entry.name in env)),
          ...Object.entries(env).map(([key, value]) => ({ name: key, value })),
        ],
      })),
    },
  }
}

/** How long its readiness probes take at most to find out that it is ready, once it is, in ms. */
export const probedWithinMs = ({ spec }: WholePod): number =>
  Math.max(
    ...spec.containers.map(({ readinessProbe }) => {
      if (!readinessProbe) return 0
      const { initialDelaySeconds, periodSeconds, timeoutSeconds, successThreshold } = readinessProbe
      return (initialDelaySeconds + (periodSeconds + timeoutSeconds) * successThreshold) * 1000
    }),
  )
