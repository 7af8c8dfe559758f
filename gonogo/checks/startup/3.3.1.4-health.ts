import { z } from 'zod'
import type { Instance } from '#targets/target.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { allReleaseInstances } from '../live/instances.ts'
import { probe } from '../live/probe.ts'
import { objectOf } from '../live/readiness.ts'

const config = z.strictObject({
  /** Field of both answers that names the version; null where the service's answers do not. */
  versionField: z.string().nullable().default('version'),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '3.3.1.4',
  title: 'Validate health endpoints',
  config,
  bound: () => true,
  limitMs: 20_000,
  run,
})

/** Both probes of every new instance answer 200 with a JSON object that names this version. */
async function run(ctx: CheckContext, { versionField }: Config): Promise<CheckResult> {
  const all = await allReleaseInstances(ctx, ctx.environment)
  const bare = all.find((i) => i.isPublic && (i.healthPath === null || i.readyPath === null))
  if (bare) throw new CheckProblem(`${bare.component} declares no health: and ready: path`)
  const probed = all.filter((i) => i.healthPath !== null || i.readyPath !== null)
  if (!probed.some((i) => i.isPublic)) throw new CheckProblem('no instance of the public component runs')
  const asked = probed.flatMap((i) =>
    [i.healthPath, i.readyPath].flatMap((path) => (path === null ? [] : [{ instance: i, path }])),
  )
  const problems = (await Promise.all(asked.map((one) => problemOf(ctx, one, versionField)))).flatMap(
    (p) => p ?? [],
  )
  const rest = {
    claim: {
      paths: [...new Set(asked.map(({ instance, path }) => `${instance.component}${path}`))].sort(),
      problems,
    },
    source: asked.map(({ instance, path }) => instance.url + path).join(', '),
    population: `${asked.length - problems.length} of ${asked.length} probes of ${probed.length} instances`,
  }
  const [problem] = problems
  if (problem) return fail(problem, rest)
  return pass(`${asked.length} of ${asked.length} probes answer 200 for ${ctx.release.version}`, rest)
}

async function problemOf(
  ctx: CheckContext,
  { instance, path }: { instance: Instance; path: string },
  versionField: string | null,
): Promise<string | null> {
  const answer = await probe(ctx.signal, instance.url, path)
  const said = `${instance.component}${path}`
  if (answer.status !== 200) return `${said} answers ${answer.status}`
  const body = objectOf(answer)
  if (!body) return `${said} answers ${answer.mediaType || 'no media type'}, not a JSON object`
  if (versionField === null) return null
  const version = body[versionField]
  if (version === undefined)
    throw new CheckProblem(`${said} names no ${versionField}; set versionField: under checks: "3.3.1.4"`)
  return version === ctx.release.version ? null : `${said} is answered by ${String(version)}`
}
