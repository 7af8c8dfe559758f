import { createHash } from 'node:crypto'
import { z } from 'zod'
import { readEvidenceFile } from '#connectors/evidence-file/index.ts'
import { referencesOf } from '#connectors/kubernetes/index.ts'
import { durationSchema, formatDuration } from '#core/duration.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { clusterAs, clusterOf } from '../live/service-cluster.ts'
import { readingEvidence } from '../reading.ts'

const DAY_MS = 86_400_000

const config = z.strictObject({
  /** The backup identity, which alone may look at Secrets; relative to the service file. */
  kubeconfig: z.string().min(1),
  /** Annotation of each Secret that changes with its value and with nothing else: a version, a hash. */
  annotation: z.string().min(1),
  /** How old a value may be. */
  maxAge: durationSchema.default(90 * DAY_MS),
  /** A leak report: names of Secrets, one a line; relative to the service file. */
  leaked: z.string().optional(),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '1.2.3',
  title: 'Secrets rotated if needed',
  config,
  limitMs: 60_000,
  run: readingEvidence(run),
})

/** Since when a value is known, as the claim carries it from one deployment to the next: it is no time of this run. */
const knownSchema = z.object({
  secrets: z.array(z.object({ name: z.string(), version: z.string(), sinceMs: z.number() })),
})
type Known = z.infer<typeof knownSchema>['secrets'][number]

/**
 * No value of a Secret that the release's pods take is older than the policy lets it be, from metadata alone. A value is
 * as old as its version is known to be, or as the Secret: touching its metadata makes neither younger.
 */
async function run(
  ctx: CheckContext,
  { kubeconfig, annotation, maxAge, leaked }: Config,
): Promise<CheckResult> {
  const { namespace, declared } = clusterOf(ctx)
  const cluster = clusterAs(ctx, kubeconfig)
  const { secrets: names } = referencesOf(declared.map(({ spec }) => spec.template.spec))
  if (names.length === 0)
    throw new CheckProblem('the manifests take nothing from a Secret; unbind 1.2.3, and a person attests it')
  const secrets = await Promise.all(
    names.map(async (name): Promise<Known> => {
      const metadata = await cluster.findMetadata(`/api/v1/namespaces/${namespace}/secrets/${name}`)
      if (!metadata) throw new CheckProblem(`there is no Secret ${name} in ${namespace}`)
      const version = metadata.annotations[annotation]
      if (!version)
        throw new CheckProblem(
          `Secret ${name} has no annotation ${annotation}, so a new value cannot be told from a touched one`,
        )
      const digest = createHash('sha256').update(`${name} ${version}`).digest('hex').slice(0, 16)
      return { name, version: digest, sinceMs: sinceOf(ctx, name, digest, metadata.creationTimestamp) }
    }),
  )
  const leaks = leaked ? await leaksIn(ctx, leaked) : []
  const rest = {
    claim: { secrets },
    source: cluster.server,
    population: `metadata of ${secrets.length} Secrets, values of none`,
  }
  const leak = names.find((name) => leaks.includes(name))
  if (leak) return fail(`${leak} is named in ${leaked}`, rest)
  const [oldest] = [...secrets].sort((a, b) => a.sinceMs - b.sinceMs)
  const ageMs = ctx.now() - (oldest?.sinceMs ?? 0)
  if (ageMs > maxAge)
    return fail(
      `the value of ${oldest?.name} may be ${inDays(ageMs)} old, more than ${formatDuration(maxAge)}; rotate it`,
      rest,
    )
  return pass(`${secrets.length} Secrets, the oldest value ${inDays(ageMs)} old at most`, rest)
}

/** At the earliest: when the same version was first seen; else when another one was seen last, or when the Secret was made. */
function sinceOf(ctx: CheckContext, name: string, version: string, createdAtMs: number): number {
  const before = [ctx.previousResultOf('1.2.3'), ctx.resultOf('1.2.3')].flatMap((result) => {
    const claim = knownSchema.safeParse(result?.claim)
    const found = claim.data?.secrets.find((one) => one.name === name)
    return result && found ? [{ ...found, atMs: result.atMs }] : []
  })
  const same = before.filter((one) => one.version === version).map(({ sinceMs }) => sinceMs)
  const other = before.filter((one) => one.version !== version).map(({ atMs }) => atMs)
  return same.length > 0 ? Math.min(...same) : Math.max(createdAtMs, ...other)
}

async function leaksIn(ctx: CheckContext, file: string): Promise<string[]> {
  const { text } = await readEvidenceFile(ctx.root, file)
  return text.split('\n').map((line) => line.trim())
}

const inDays = (ms: number): string => `${Math.floor(ms / DAY_MS)} days`
