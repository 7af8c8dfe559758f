import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { commandsOn } from '../live/database-commands.ts'
import { isOnCluster } from '../live/service-cluster.ts'
import { readingEvidence } from '../reading.ts'
import { clusterState } from './cluster-state.ts'

export const check = defineCheck({
  id: '2.1.3',
  title: 'Current deployment state documented',
  config: z.strictObject({}),
  bound: () => true,
  limitMs: 60_000,
  run: readingEvidence(run),
})

const DIGEST = /^sha256:[0-9a-f]{64}$/

/**
 * What runs now, by digest, with its replicas, weights and schema, is recorded as evidence; of a cluster also images,
 * revisions and routes.
 */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const { environment } = ctx
  const { stable, stableWorkload, instances, weights, url } = await environment.target.observe()
  if (!stable || !stableWorkload)
    throw new CheckProblem(`nothing runs in ${environment.name} that could be documented`)
  const running = instances
    .filter(({ version }) => version === stable)
    .map(({ id, version, digest, component, ready }) => ({ id, version, digest, component, ready }))
  const { database } = environment
  const schema = database ? await commandsOn(ctx, database, database.file).version() : null
  const { version, digest, replicas, config } = stableWorkload
  const cluster = isOnCluster(ctx) ? await clusterState(ctx) : null
  const state = {
    environment: environment.name,
    url,
    version,
    digest,
    replicas,
    config,
    weights,
    schema,
    instances: running,
    ...(cluster && { cluster: cluster.state }),
  }
  const rest = {
    claim: { version, digest, replicas, weights, schema, ...cluster?.state },
    source: `the target of ${environment.name}`,
    population: `${running.length} instances of ${version}`,
    evidence: [await ctx.keep('state-before.json', 'application/json', JSON.stringify(state, null, 2))],
  }
  if (running.length === 0) return fail(`${version} is the stable version, and no instance of it runs`, rest)
  const loose =
    running.find((one) => !DIGEST.test(one.digest)) ?? (DIGEST.test(digest) ? null : { id: version, digest })
  if (loose) return fail(`${loose.id} is known by ${loose.digest || 'nothing'}, not by a digest`, rest)
  const other = running.find((one) => one.digest !== digest)
  if (other) return fail(`${other.id} runs another digest than the stable workload’s`, rest)
  if (cluster?.problem) return fail(cluster.problem, rest)
  const said = schema === null ? '' : `, schema ${schema}`
  return pass(
    `${version} ${digest.slice(0, 19)}… on ${running.length} instances, ${weights[version] ?? 0} % of the traffic${said}`,
    rest,
  )
}
