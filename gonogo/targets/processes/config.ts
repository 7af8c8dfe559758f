import { z } from 'zod'
import { namesIn } from '../template.ts'
import { COMPONENT_TEMPLATE, PLAIN_TEMPLATES } from './template.ts'

const nameSchema = z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower case letters, digits and dashes')
const pathSchema = z.string().startsWith('/', 'a path that starts with /')

const componentSchema = z.strictObject({
  /** Program and arguments; `node` is the Node that runs gonogo. Templates as in `env`. */
  command: z.array(z.string().min(1)).min(1),
  /** Relative to the artifact folder, which is the default. */
  cwd: z.string().optional(),
  /**
   * Values may hold `${port}` `${host}` `${instance}` `${version}` `${root}` `${artifact}` `${environment.folder}`
   * `${component.NAME.url}` `${config.NAME}`.
   */
  env: z.record(z.string(), z.string()).default({}),
  /** Answers 2xx when the component can serve; without it an open port is enough. */
  ready: pathSchema.optional(),
  /** Answers 2xx while the process works; what checks look at. */
  health: pathSchema.optional(),
  /** The one component that users reach through the proxy. */
  public: z.boolean().default(false),
})

const LISTEN = /^(?<host>\[[0-9a-fA-F:]+\]|[^:\s]+):(?<port>\d{1,5})$/

const addressSchema = z
  .string()
  .refine((text) => Number(LISTEN.exec(text)?.groups?.port ?? 65_536) < 65_536, 'host:port')

/** The `target` block of an environment whose service runs as processes of this machine. Durations are milliseconds. */
export const processesConfigSchema = z
  .strictObject({
    kind: z.literal('processes'),
    /** `host:port` of the public address; port 0 takes a free one and keeps it. */
    listen: addressSchema,
    /** The public address over TLS, beside the plain one. The files are PEM, read again when they change. */
    tls: z
      .strictObject({ listen: addressSchema, certificate: z.string().min(1), key: z.string().min(1) })
      .optional(),
    /** Stacks (one process of each component) of the stable version. */
    replicas: z.number().int().min(1).max(100).default(2),
    /** How long requests under way, and then a process told to end, are waited for. */
    drainMs: z.number().int().min(0).max(3_600_000).default(10_000),
    /** How long a new instance may take to be ready. */
    readyTimeoutMs: z.number().int().min(100).max(3_600_000).default(60_000),
    components: z.record(nameSchema, componentSchema),
  })
  .superRefine((config, context) => {
    const components = Object.entries(config.components)
    const isPublic = components.filter(([, component]) => component.public)
    if (isPublic.length !== 1)
      context.addIssue({
        code: 'custom',
        path: ['components'],
        message: `exactly one component must be public; here ${isPublic.length}`,
      })
    for (const [name, component] of components)
      for (const [key, template] of Object.entries(component.env))
        for (const wrong of namesIn(template).filter((n) => !isTemplateName(n, config.components)))
          context.addIssue({
            code: 'custom',
            path: ['components', name, 'env', key],
            message: `no such name: \${${wrong}}; there are ${[...PLAIN_TEMPLATES, 'component.NAME.url', 'config.NAME'].join(', ')}`,
          })
  })

function isTemplateName(name: string, components: Readonly<Record<string, unknown>>): boolean {
  const component = COMPONENT_TEMPLATE.exec(name)?.[1]
  if (component) return component in components
  return PLAIN_TEMPLATES.includes(name) || name.startsWith('config.')
}

/** Host and port of a `listen` value; an IPv6 host without its brackets. */
export function listenAddress(listen: string): { host: string; port: number } {
  const groups = LISTEN.exec(listen)?.groups
  return { host: (groups?.host ?? '').replace(/^\[|\]$/g, ''), port: Number(groups?.port) }
}

export type ProcessesConfig = z.infer<typeof processesConfigSchema>
