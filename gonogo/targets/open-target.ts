import type { ZodType } from 'zod'
import { prometheusSource } from '#connectors/prometheus/index.ts'
import { type Scraped, textSource } from '#connectors/prometheus-text/index.ts'
import { lookUp } from '#connectors/secret-reference/index.ts'
import { type MetricsSettings, type TextSettings, wayToInstances } from '#core/metrics-settings.ts'
import type { MetricSource } from '#core/sample.ts'
import type { Environment } from '#core/service.ts'
import type { KindOfTarget, OpenTarget, Relay } from './kind-of-target.ts'
import { kubernetesConfigSchema } from './kubernetes/config.ts'
import { openKubernetesTarget } from './kubernetes/kubernetes-target.ts'
import { migrateByCommand } from './migrate-by-command.ts'
import { processesConfigSchema } from './processes/config.ts'
import { openProcessesTarget } from './processes/processes-target.ts'
import type { Target } from './target.ts'

/** The environment cannot be reached or is declared wrongly: one line with a stable code. */
export class TargetProblem extends Error {
  override readonly name = 'TargetProblem'
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

/** Opens an environment's target by its kind. Throws a TargetProblem when that cannot be. */
export async function openTarget(
  name: string,
  environment: Pick<Environment, 'target'> & Partial<Pick<Environment, 'metrics' | 'database'>>,
  folder: string,
  root: string,
): Promise<OpenTarget> {
  const open = KINDS[environment.target.kind]
  if (!open)
    throw new TargetProblem(
      'no-such-target',
      `environments.${name}.target.kind: ${environment.target.kind} is not known; there are: ${Object.keys(KINDS).join(', ')}`,
    )
  const opened = await open({ name, folder, root, target: environment.target })
  if (!opened.ok) throw new TargetProblem(opened.code, opened.detail)
  const target = { migrate: migrateByCommand(environment.database, root), ...opened.target }
  return withMetrics(target, name, environment.metrics ?? { source: 'router' }, root)
}

type Declared = {
  readonly name: string
  readonly folder: string
  readonly root: string
  readonly target: Environment['target']
}
type Opened =
  | { readonly ok: true; readonly target: KindOfTarget }
  | { readonly ok: false; readonly code: string; readonly detail: string }

const KINDS: Readonly<Record<string, (declared: Declared) => Promise<Opened>>> = {
  processes: ({ name, folder, root, target }) =>
    openProcessesTarget({ name, folder, root, config: parse(processesConfigSchema, name, target) }),
  kubernetes: ({ name, folder, root, target }) =>
    openKubernetesTarget({ name, folder, root, config: parse(kubernetesConfigSchema, name, target) }),
}

function parse<T>(schema: ZodType<T>, name: string, target: Environment['target']): T {
  const config = schema.safeParse(target)
  if (config.success) return config.data
  const issue = config.error.issues[0]
  throw new TargetProblem(
    'bad-target',
    `environments.${name}.target.${issue?.path.join('.')}: ${issue?.message}`,
  )
}

/** The target with its counters read from where the service file says. */
function withMetrics(target: OpenTarget, name: string, settings: MetricsSettings, root: string): OpenTarget {
  if (settings.source === 'router') return target
  if (settings.source === 'instances') return { ...target, metrics: instancesOf(target, name, settings) }
  const { url, token } = settings
  const where = `environments.${name}.metrics.token`
  const server = async () => ({ url, token: token ? await lookUp(root, token, where) : null })
  return { ...target, metrics: noneMissing(prometheusSource(settings, server), target) }
}

function instancesOf(target: OpenTarget, name: string, settings: TextSettings): MetricSource {
  const { relay } = target
  if (wayToInstances(settings, relay?.isNeeded ?? false) === 'address')
    return textSource(settings, () => publicInstances(target))
  if (!relay)
    throw new TargetProblem(
      'no-api-server',
      `environments.${name}.metrics.via: only a cluster has an API server; leave it out`,
    )
  return textSource(settings, () => publicInstances(target, relay.addressOf), relay.reach)
}

/**
 * A Prometheus forgets an instance that it cannot scrape any more. So the scrape is complete only when it has as many
 * instances of each version as are ready; they are counted, because Prometheus may know them by other names.
 */
const noneMissing = (source: MetricSource, target: Target): MetricSource => ({
  sample: async (signal) => {
    const [scrape, { instances }] = await Promise.all([source.sample(signal), target.observe()])
    const ready = instances.filter((one) => one.isPublic && one.ready)
    const count = (all: readonly { version: string }[], version: string) =>
      all.filter((one) => one.version === version).length
    const isWhole = ready.every(({ version }) => count(scrape.instances, version) >= count(ready, version))
    return { ...scrape, complete: scrape.complete && isWhole }
  },
})

async function publicInstances(
  target: Target,
  addressOf: Relay['addressOf'] = ({ url }) => url,
): Promise<Scraped[]> {
  const { instances } = await target.observe()
  return instances
    .filter((one) => one.isPublic)
    .map((one) => ({ version: one.version, instance: one.id, url: addressOf(one) }))
}
