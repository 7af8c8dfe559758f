import { z } from 'zod'
import { durationSchema } from './duration.ts'

const metricName = z.string().regex(/^[a-zA-Z_:][a-zA-Z0-9_:]*$/, 'a metric name')
const labelName = z.string().regex(/^[a-zA-Z_][a-zA-Z0-9_]*$/, 'a label name')

function isExpression(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp
  } catch {
    return false
  }
}

/** Where requests, failures and durations stand among a service's metrics; the defaults are ClawdBot's. */
const names = {
  /** A counter of answered requests. */
  requests: metricName.default('http_requests_total'),
  /** Its label that holds the status. */
  status: labelName.default('status'),
  /** The whole status of a failed request, as a regular expression. */
  failed: z.string().refine(isExpression, 'a regular expression').default('5..'),
  /** A histogram of durations, in seconds. */
  duration: metricName.default('http_request_duration_seconds'),
  /** Series that are no traffic of users, by label and values. */
  except: z
    .record(labelName, z.array(z.string()).min(1))
    .default({ route: ['/health', '/ready', '/metrics'] }),
}

export const metricsSettingsSchema = z.discriminatedUnion('source', [
  /** The counters of the target's own router. */
  z.strictObject({ source: z.literal('router') }),
  /** Each instance of the public component, asked directly for its Prometheus text. */
  z.strictObject({
    source: z.literal('instances'),
    path: z.string().startsWith('/').default('/metrics'),
    /** By its own address, or through the cluster's API server; left out, the latter where gonogo runs outside of it. */
    via: z.enum(['address', 'api-server']).optional(),
    ...names,
  }),
  /** A Prometheus server that scrapes the instances. */
  z.strictObject({
    source: z.literal('prometheus'),
    url: z.url({ protocol: /^https?$/ }),
    /** Bearer token, by reference: the service file goes into the bundle. */
    token: z
      .string()
      .regex(
        /^\$\{(env|file):[^}]+\}$/,
        'a reference such as ${env:NAME} or ${file:PATH}, never the token itself',
      )
      .optional(),
    /** Labels that name the version and the instance. */
    version: labelName.default('version'),
    instance: labelName.default('instance'),
    /** How often it scrapes; the policy's interval must not be shorter. */
    scrapeInterval: durationSchema.default(1000),
    /** What else a series of this service must have. */
    labels: z.record(labelName, z.string()).default({}),
    ...names,
  }),
])

export type MetricsSettings = z.infer<typeof metricsSettingsSchema>
export type TextSettings = Extract<MetricsSettings, { source: 'instances' }>
/** How instances are asked, by whether it is known that their addresses cannot be reached. */
export const wayToInstances = (
  { via }: Pick<TextSettings, 'via'>,
  isOutside: boolean,
): NonNullable<TextSettings['via']> => via ?? (isOutside ? 'api-server' : 'address')

export type PrometheusSettings = Extract<MetricsSettings, { source: 'prometheus' }>
