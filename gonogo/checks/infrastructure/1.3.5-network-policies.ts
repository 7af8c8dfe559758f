import { randomBytes } from 'node:crypto'
import { z } from 'zod'
import {
  type ClusterDeployment,
  type ClusterPolicy,
  policySchema,
  selects,
  type Tried,
  tryFromPod,
} from '#connectors/kubernetes/index.ts'
import { durationSchema } from '#core/duration.ts'
import { LABELS } from '#targets/kubernetes/render.ts'
import { SLOTS } from '#targets/kubernetes/slots.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { clusterOf, type ServiceCluster } from '../live/service-cluster.ts'
import { readingEvidence } from '../reading.ts'

const address = z.strictObject({ host: z.string().min(1), port: z.number().int().min(1).max(65_535) })
const labels = z.record(z.string(), z.string())

const config = z.strictObject({
  /** An address that something listens on, and that the workload must not reach. */
  forbidden: address,
  /** One that it must reach, so that a network that is down proves nothing. */
  allowed: address,
  /** Image of the pods that try it; it has `node`, as gonogo's own has. */
  image: z.string().min(1),
  /** Labels of the pod that shows that something listens there: it must be let through. */
  witness: labels.default({}),
  /** How long the network may take to put a new pod's rules in force. */
  settle: durationSchema.default(3000),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '1.3.5',
  title: 'Network policies configured',
  config,
  limitMs: 240_000,
  run: readingEvidence(run),
})

/** How a connection ends that a rule forbids; a name that cannot be looked up was never tried. */
const REFUSED = ['ETIMEDOUT', 'ECONNREFUSED', 'EHOSTUNREACH', 'ENETUNREACH', 'EACCES', 'EPERM', 'ECONNRESET']
const WAYS = ['Ingress', 'Egress'] as const

/** Policies select every pod of the release both ways, and what they forbid does not happen: tried from pods like its own. */
async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const service = clusterOf(ctx)
  const { cluster, namespace, declared } = service
  const policies = await cluster.list(
    `/apis/networking.k8s.io/v1/namespaces/${namespace}/networkpolicies`,
    policySchema,
  )
  const names = policies.map(({ metadata }) => metadata.name).sort()
  const problem = declared.map((one) => unselected(policies, one)).find((one) => one !== null) ?? null
  const rest = {
    claim: { policies: names, problem },
    source: cluster.server,
    population: `${policies.length} policies, ${declared.length} components`,
  }
  if (problem !== null) return fail(problem, rest)
  const { own, witness } = await tryBoth(ctx, service, policies, config)
  const [allowed, forbidden] = [own[0], own[1]]
  const [there] = witness
  if (!allowed || !forbidden || !there) throw new CheckProblem('the pods did not tell what they tried')
  const [to, from] = [inWords(config.forbidden), inWords(config.allowed)]
  if (forbidden.connected > 0)
    return fail(
      `policy present, not enforced: a pod like the workload’s reached ${to} in ${forbidden.connected} of ${forbidden.tries} tries`,
      { ...rest, claim: { policies: names, enforced: false } },
    )
  if (there.connected < there.tries)
    throw new CheckProblem(
      `nothing listens on ${to} (${there.refusal} without the workload’s labels), so that it was not reached proves nothing`,
    )
  if (allowed.connected === 0)
    throw new CheckProblem(
      `the allowed ${from} was not reached either (${allowed.refusal}): the pod reaches nothing, which proves no policy`,
    )
  if (!REFUSED.includes(forbidden.refusal))
    throw new CheckProblem(`${to} was never tried: ${forbidden.refusal}; give an address instead of a name`)
  return pass(
    `${names.join(', ')} select every pod both ways; ${to} was refused ${forbidden.tries} times (${forbidden.refusal}) to a pod like the workload’s, ${from} was not`,
    { ...rest, claim: { policies: names, enforced: true } },
  )
}

async function tryBoth(
  ctx: CheckContext,
  { cluster, config: target, namespace, declared }: ServiceCluster,
  policies: readonly ClusterPolicy[],
  { forbidden, allowed, image, witness, settle: settleMs }: Config,
): Promise<{ own: Tried; witness: Tried }> {
  const index = Object.values(target.components).findIndex((one) => one.public)
  const template = declared[index]?.spec.template.metadata.labels ?? {}
  // With gonogo's own labels it would be taken for an instance.
  const own = Object.fromEntries(Object.entries(template).filter(([key]) => !key.startsWith('gonogo.dev/')))
  const loose = policies.find(
    ({ spec }) => selects(spec.podSelector, template) !== selects(spec.podSelector, own),
  )
  if (loose)
    throw new CheckProblem(
      `${loose.metadata.name} goes by labels of gonogo’s own, which a pod that tries it cannot have`,
    )
  const id = randomBytes(4).toString('hex')
  const common = { namespace, image, settleMs }
  const [tried, seen] = await Promise.all([
    tryFromPod(
      cluster,
      { ...common, name: `gonogo-probe-${id}`, labels: own, addresses: [allowed, forbidden] },
      ctx.signal,
    ),
    tryFromPod(
      cluster,
      { ...common, name: `gonogo-witness-${id}`, labels: witness, addresses: [forbidden] },
      ctx.signal,
    ),
  ])
  return { own: tried, witness: seen }
}

/** Which pods of a component no policy selects, and for which way; null when all are. */
function unselected(
  policies: readonly ClusterPolicy[],
  { kind, metadata, spec }: ClusterDeployment,
): string | null {
  // A StatefulSet's pods are in no slot: what selects those of one selects none of them.
  const all =
    kind === 'StatefulSet'
      ? [{ slot: 'stable', own: {} }]
      : SLOTS.map((slot) => ({ slot, own: { [LABELS.slot]: slot } }))
  for (const { slot, own: label } of all)
    for (const way of WAYS) {
      const labels = { ...spec.template.metadata.labels, ...label }
      const own = policies.filter(
        (one) => typesOf(one).includes(way) && selects(one.spec.podSelector, labels),
      )
      if (own.length === 0)
        return `no policy selects the ${slot} pods of ${metadata.name} for ${way.toLowerCase()} (${policies.length} policies in the namespace)`
    }
  return null
}

/** Without types a policy is for ingress, and for egress where it has rules for it. */
const typesOf = ({ spec }: ClusterPolicy): readonly string[] =>
  spec.policyTypes.length > 0 ? spec.policyTypes : spec.egress ? WAYS : ['Ingress']

const inWords = ({ host, port }: { host: string; port: number }): string => `${host}:${port}`
