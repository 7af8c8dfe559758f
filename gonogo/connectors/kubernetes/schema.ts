import { z } from 'zod'

const labels = z.record(z.string(), z.string()).prefault({})
const amounts = z.record(z.string(), z.union([z.string(), z.number()]).transform(String)).prefault({})

const metadata = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  uid: z.string(),
  labels,
  annotations: labels,
  creationTimestamp: z.string().transform((text) => Date.parse(text)),
  deletionTimestamp: z.string().optional(),
})

export type Metadata = z.infer<typeof metadata>

/** Any object, of which only its metadata is wanted. */
export const objectSchema = z.object({ metadata })

export const labelSelectorSchema = z.object({
  matchLabels: labels,
  matchExpressions: z
    .array(z.object({ key: z.string(), operator: z.string(), values: z.array(z.string()).default([]) }))
    .default([]),
})
export type LabelSelector = z.infer<typeof labelSelectorSchema>

const container = z.object({
  name: z.string(),
  image: z.string().default(''),
  /** `Always` on an init container makes it one that goes on running beside the others. */
  restartPolicy: z.string().optional(),
  resources: z.object({ requests: amounts, limits: amounts }).prefault({}),
  env: z
    .array(
      z.object({
        valueFrom: z
          .object({
            secretKeyRef: z.object({ name: z.string() }).optional(),
            configMapKeyRef: z.object({ name: z.string() }).optional(),
          })
          .optional(),
      }),
    )
    .default([]),
  envFrom: z
    .array(
      z.object({
        secretRef: z.object({ name: z.string() }).optional(),
        configMapRef: z.object({ name: z.string() }).optional(),
      }),
    )
    .default([]),
})

const source = z.object({
  secret: z.object({ secretName: z.string().optional(), name: z.string().optional() }).optional(),
  configMap: z.object({ name: z.string() }).optional(),
})

/** The parts of a pod's specification that are judged. */
export const podSpecSchema = z.object({
  nodeName: z.string().optional(),
  containers: z.array(container),
  initContainers: z.array(container).default([]),
  overhead: amounts,
  nodeSelector: labels,
  tolerations: z
    .array(
      z.object({
        key: z.string().optional(),
        operator: z.string().default('Equal'),
        value: z.string().default(''),
        effect: z.string().optional(),
      }),
    )
    .default([]),
  affinity: z.looseObject({}).optional(),
  topologySpreadConstraints: z.array(z.object({ whenUnsatisfiable: z.string() })).default([]),
  imagePullSecrets: z.array(z.object({ name: z.string() })).default([]),
  volumes: z
    .array(
      source.extend({
        projected: z.object({ sources: z.array(source).default([]) }).optional(),
        persistentVolumeClaim: z.object({ claimName: z.string() }).optional(),
      }),
    )
    .default([]),
})
export type PodSpec = z.infer<typeof podSpecSchema>

export const podSchema = z.object({
  metadata,
  spec: podSpecSchema,
  status: z
    .object({
      phase: z.string().default(''),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
      containerStatuses: z
        .array(
          z.object({
            state: z
              .object({ terminated: z.object({ message: z.string().default('') }).optional() })
              .prefault({}),
          }),
        )
        .default([]),
    })
    .prefault({}),
})
export type ClusterPod = z.infer<typeof podSchema>

export const nodeSchema = z.object({
  metadata,
  spec: z
    .object({
      unschedulable: z.boolean().default(false),
      taints: z
        .array(z.object({ key: z.string(), value: z.string().default(''), effect: z.string() }))
        .default([]),
    })
    .prefault({}),
  status: z.object({
    allocatable: amounts,
    conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
  }),
})
export type ClusterNode = z.infer<typeof nodeSchema>

/** A Deployment or a StatefulSet, which has no strategy of this kind. */
export const deploymentSchema = z.object({
  /** Items of a list have none. */
  kind: z.string().default('Deployment'),
  metadata,
  spec: z.object({
    replicas: z.number().default(1),
    strategy: z
      .object({
        rollingUpdate: z.object({ maxSurge: z.union([z.number(), z.string()]).optional() }).optional(),
      })
      .prefault({}),
    template: z.object({
      metadata: z.object({ labels, annotations: labels }).prefault({}),
      spec: podSpecSchema,
    }),
  }),
  /** Of a StatefulSet, what its pods were made from. */
  status: z.object({ updateRevision: z.string().optional() }).prefault({}),
})
export type ClusterDeployment = z.infer<typeof deploymentSchema>

/** What a StatefulSet's template was, as its ControllerRevisions keep it. */
export const revisionSchema = z.object({
  metadata,
  data: z.object({ spec: z.object({ template: z.object({ spec: podSpecSchema }) }) }),
})

export const quotaSchema = z.object({
  metadata,
  status: z.object({ hard: amounts, used: amounts }).prefault({}),
})
export type ClusterQuota = z.infer<typeof quotaSchema>

export const claimSchema = z.object({
  metadata,
  status: z.object({ phase: z.string().default('') }).prefault({}),
})

export const policySchema = z.object({
  metadata,
  spec: z.object({
    podSelector: labelSelectorSchema.prefault({}),
    policyTypes: z.array(z.string()).default([]),
    egress: z.array(z.unknown()).optional(),
  }),
})
export type ClusterPolicy = z.infer<typeof policySchema>

/** Values of a ConfigMap or Secret; a Secret's are base64. */
export const dataSchema = z.object({ metadata, data: labels, binaryData: labels })

export const versionSchema = z.object({ gitVersion: z.string() })
export const routeSchema = z.looseObject({ metadata, spec: z.looseObject({}) })
