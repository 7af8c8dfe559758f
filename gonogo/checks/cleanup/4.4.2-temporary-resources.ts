import { readdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { isOnCluster } from '../live/service-cluster.ts'
import { readingEvidence } from '../reading.ts'
import { clusterLeftovers } from './cluster-leftovers.ts'

const MAX_ENTRIES = 20_000

const config = z.strictObject({
  /** Where this service's deployments leave temporary files besides its own folders, relative to the service file. */
  folders: z.array(z.string()).default([]),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '4.4.2',
  title: 'Temporary resources removed',
  config,
  bound: () => true,
  limitMs: 60_000,
  run: readingEvidence(run),
})

/** What deployments make for a while carries one of these names. */
const TEMPORARY = /^(restore-|gonogo-|.*\.part$)/

/** Nothing that a deployment makes for a while is left: no second version, no scratch database, no unfinished backup. */
async function run(ctx: CheckContext, { folders }: Config): Promise<CheckResult> {
  const { environment, release, service } = ctx
  const { workloads } = await environment.target.observe()
  const extra = workloads
    .filter(({ version }) => version !== release.version)
    .map(({ version }) => `the version ${version}`)
  const databases = Object.values(service.environments).flatMap(({ database }) =>
    database ? [dirname(database.file)] : [],
  )
  const places = [...new Set([...databases, ...folders].map((folder) => join(ctx.root, folder)))]
  const files = (await Promise.all(places.map(temporaryIn))).flat()
  const objects = isOnCluster(ctx) ? await clusterLeftovers(ctx) : []
  const left = [...extra, ...objects, ...files]
  const rest = {
    claim: { left },
    source: `the target of ${environment.name}; ${places.join(', ') || 'no folder'}`,
    population: `${workloads.length} versions, ${places.length} folders`,
  }
  if (workloads.length === 0) return fail('nothing runs any more, not even the new version', rest)
  if (left.length > 0) return fail(`${left.length} things are left, ${left[0]} among them`, rest)
  return pass(`nothing is left in ${places.length} folders, and ${release.version} is the only version`, rest)
}

async function temporaryIn(folder: string): Promise<string[]> {
  const names = await readdir(folder).catch(() => [])
  return names
    .slice(0, MAX_ENTRIES)
    .filter((name) => TEMPORARY.test(name))
    .map((name) => join(folder, name))
}
