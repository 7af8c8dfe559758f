import { z } from 'zod'
import { nodeSchema, objectSchema, versionSchema } from '#connectors/kubernetes/index.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { clusterOf } from '../live/service-cluster.ts'
import { readingEvidence } from '../reading.ts'

const config = z.strictObject({
  /** Uid of the namespace kube-system: it is made with the cluster, and no other cluster has it. */
  cluster: z.uuid(),
  /** The namespace that is meant; the target's may have been changed. */
  namespace: z.string().min(1),
  /** API version, `1.34`. */
  version: z.string().regex(/^\d+\.\d+$/, 'a version such as 1.34'),
  /** Of the environment by default (`environments.NAME.region`). */
  region: z.string().min(1).optional(),
  regionLabel: z.string().default('topology.kubernetes.io/region'),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '1.3.1',
  title: 'Target environment verified',
  config,
  limitMs: 30_000,
  run: readingEvidence(run),
})

/** What the cluster is, by what it cannot be told to be: names of contexts are whatever somebody typed. */
async function run(ctx: CheckContext, declared: Config): Promise<CheckResult> {
  const { cluster, namespace } = clusterOf(ctx)
  const region = declared.region ?? ctx.service.environments[ctx.environment.name]?.region
  if (!region)
    throw new CheckProblem(`the region is not declared; add environments.${ctx.environment.name}.region`)
  const [system, own, { gitVersion }, nodes] = await Promise.all([
    cluster.get('/api/v1/namespaces/kube-system', objectSchema),
    cluster.find(`/api/v1/namespaces/${namespace}`, objectSchema),
    cluster.get('/version', versionSchema),
    cluster.list('/api/v1/nodes', nodeSchema),
  ])
  const regions = [
    ...new Set(nodes.map(({ metadata }) => metadata.labels[declared.regionLabel] ?? '')),
  ].sort()
  const version = /^v(\d+\.\d+)/.exec(gitVersion)?.[1] ?? gitVersion
  const found = { cluster: system.metadata.uid, namespace, version, region: regions.join(', ') }
  const rest = { claim: found, source: cluster.server, population: `${nodes.length} nodes` }
  if (nodes.length === 0) throw new CheckProblem('the cluster has no node whose region could be read')
  if (found.cluster !== declared.cluster)
    return fail(`this is cluster ${found.cluster}, not ${declared.cluster}`, rest)
  if (namespace !== declared.namespace)
    return fail(`the target deploys to ${namespace}, not to ${declared.namespace}`, rest)
  if (!own || own.metadata.deletionTimestamp)
    return fail(`the namespace ${namespace} ${own ? 'is being deleted' : 'is not there'}`, rest)
  if (version !== declared.version)
    return fail(`the API is of version ${version}, not ${declared.version}`, rest)
  if (regions.includes(''))
    throw new CheckProblem(`a node has no label ${declared.regionLabel}, so where it stands is not known`)
  if (found.region !== region) return fail(`the nodes are in ${found.region}, not in ${region}`, rest)
  return pass(`cluster ${found.cluster}, namespace ${namespace}, ${region}, API ${gitVersion}`, rest)
}
