import { z } from 'zod'

const nameSchema = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/, 'a Kubernetes name: lower case letters, digits and dashes')

const componentSchema = z.strictObject({
  /**
   * YAML with the component's Deployment or StatefulSet and its Services, relative to the service file. Values may hold `${image}`
   * `${version}` `${config}` (name of the version's ConfigMap) `${component.NAME.host}` (its Service in this version).
   */
  manifest: z.string().min(1),
  /** The one component that the routes lead users to. */
  public: z.boolean().default(false),
})

const routeSchema = z.strictObject({
  kind: z.enum(['HTTPRoute', 'GRPCRoute']).default('HTTPRoute'),
  name: nameSchema,
})

const migrationSchema = z.strictObject({
  /**
   * YAML with one Job, relative to the service file. Values may hold `${image}` `${version}` `${config}` `${direction}` (up
   * or down) and `${to}` (the schema version wanted).
   */
  manifest: z.string().min(1),
  /** How long one may take, from when it is made. */
  limitMs: z.number().int().min(1000).max(86_400_000).default(1_800_000),
})

/** The `target` block of an environment whose service runs on Kubernetes. Durations are milliseconds. */
export const kubernetesConfigSchema = z
  .strictObject({
    kind: z.literal('kubernetes'),
    /** Relative to the service file; without it KUBECONFIG, `~/.kube/config`, or the pod's own account. */
    kubeconfig: z.string().min(1).optional(),
    context: z.string().min(1).optional(),
    namespace: nameSchema,
    /**
     * Routes whose weights are changed. They lead to the public component's Service before the first deployment. Without any,
     * that Service selects the pods of both versions, and a version's share is that of its pods.
     */
    routes: z.array(routeSchema).default([]),
    /** The public address, through the router. */
    url: z.url({ protocol: /^https?$/ }),
    /** Where the router tells its own metrics, as Prometheus text: one process's page, not that of several by turns. */
    router: z
      .strictObject({
        kind: z.enum(['traefik', 'contour', 'istio']),
        metrics: z.url({ protocol: /^https?$/ }),
      })
      .optional(),
    /** Pods of each component of the stable version. */
    replicas: z.number().int().min(1).max(100).default(2),
    /** How long a new version's pods may take to be ready. */
    readyTimeoutMs: z.number().int().min(100).max(3_600_000).default(60_000),
    /** How long a pod may wait for a node; for as long as an autoscaler needs to bring one. */
    roomTimeoutMs: z.number().int().min(0).max(3_600_000).default(0),
    /** How the database is migrated, in the namespace, by the release's image; without it by `database.migrate`. */
    migration: migrationSchema.optional(),
    /** In the order in which they are started. */
    components: z
      .record(nameSchema, componentSchema)
      .refine((all) => Object.values(all).filter((one) => one.public).length === 1, {
        message: 'exactly one component must be public',
      }),
  })
  .refine(({ routes, router }) => routes.length > 0 || !router, {
    path: ['router'],
    message:
      'a router counts what its routes lead to, and there are none; declare routes, or metrics of another source',
  })

export type KubernetesConfig = z.infer<typeof kubernetesConfigSchema>
export type RouteRef = KubernetesConfig['routes'][number]
