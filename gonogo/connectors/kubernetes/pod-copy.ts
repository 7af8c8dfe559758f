import { z } from 'zod'

const labels = z.record(z.string(), z.string()).prefault({})
const probe = z.looseObject({
  initialDelaySeconds: z.number().default(0),
  periodSeconds: z.number().default(10),
  timeoutSeconds: z.number().default(1),
  successThreshold: z.number().default(1),
})
const variable = z.looseObject({ name: z.string() })
const container = z.looseObject({
  image: z.string().optional(),
  env: z.array(variable).default([]),
  readinessProbe: probe.optional(),
})

/** A controller's template of its pods, with all that it has. */
export const podTemplateSchema = z.object({
  metadata: z.object({ labels, annotations: labels }).prefault({}),
  spec: z.looseObject({
    containers: z.array(container),
    volumes: z.array(z.looseObject({ name: z.string() })).default([]),
  }),
})
export type PodTemplate = z.infer<typeof podTemplateSchema>

/** Labels by which controllers, and gonogo, know pods of their own. */
const OWNED = /^(gonogo\.dev\/|pod-template-hash$|controller-revision-hash$)/

export type PodCopy = {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly ownerReferences: object[] }
  /** Beside the template's. */
  readonly labels: Readonly<Record<string, string>>
  /** Settings of every container that are other than the template's. */
  readonly env: Readonly<Record<string, string>>
  /** When the cluster ends it by itself. */
  readonly limitMs: number
}

/** A pod by this template that belongs to no version of a service, and whose readiness nothing but its probes decides. */
export function copyOf(template: PodTemplate, { metadata, labels: own, env, limitMs }: PodCopy): object {
  const { readinessGates: _, ...spec } = template.spec
  const { annotations } = template.metadata
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { ...metadata, labels: { ...unowned(template), ...own }, annotations },
    spec: {
      ...spec,
      activeDeadlineSeconds: Math.ceil(limitMs / 1000),
      containers: spec.containers.map((one) => ({ ...one, env: withSettings(one.env, env) })),
    },
  }
}

/** The labels of a template that say what its pods are, and not whose. */
export const unowned = ({ metadata }: PodTemplate): Record<string, string> =>
  Object.fromEntries(Object.entries(metadata.labels).filter(([key]) => !OWNED.test(key)))

/** In their places, and what is new in front: a value may refer to those before it. */
function withSettings(env: readonly z.infer<typeof variable>[], settings: Readonly<Record<string, string>>) {
  const known = new Set(env.map(({ name }) => name))
  const added = Object.entries(settings).filter(([name]) => !known.has(name))
  return [
    ...added.map(([name, value]) => ({ name, value })),
    ...env.map((one) => (one.name in settings ? { name: one.name, value: settings[one.name] } : one)),
  ]
}

/** How long its readiness probes take at most to find out that it is ready, once it is, in ms. */
export const probedWithinMs = ({ spec }: PodTemplate): number =>
  Math.max(
    ...spec.containers.map(({ readinessProbe }) => {
      if (!readinessProbe) return 0
      const { initialDelaySeconds, periodSeconds, timeoutSeconds, successThreshold } = readinessProbe
      return (initialDelaySeconds + (periodSeconds + timeoutSeconds) * successThreshold) * 1000
    }),
  )
