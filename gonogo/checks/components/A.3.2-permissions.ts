import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { z } from 'zod'
import { canonicalJson, type Json } from '#core/json.ts'
import { verifyStatement } from '#evidence/signatures.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { releaseInstances, stagingOf } from '../live/instances.ts'
import { permissionsOf, readListing, skillsPlace } from '../live/skill-listing.ts'
import { fillNames } from '../reading.ts'

const { component, listing } = skillsPlace

const config = z.strictObject({
  component,
  listing,
  /** Where a reviewer's signed statement on new permissions is, `{{version}}` filled in. */
  review: z.string().default('releases/{{version}}.permissions.json'),
  /** The role of whoever may sign it. */
  role: z.string().default('security-lead'),
})

export type PermissionsConfig = z.output<typeof config>

export const check = defineCheck<PermissionsConfig>({
  id: 'A.3.2',
  title: 'Tool permissions reviewed',
  config,
  limitMs: 20_000,
  run,
})

/** What the release's skills may do (in staging) beside what the stable ones may; more of it needs a reviewer's signature. */
async function run(ctx: CheckContext, config: PermissionsConfig): Promise<CheckResult> {
  const [candidate] = await releaseInstances(ctx, stagingOf(ctx), config.component)
  const stable = (await ctx.environment.stables()).find((one) => one.component === config.component)
  if (!stable)
    throw new CheckProblem(`no stable instance of ${config.component} runs in ${ctx.environment.name}`)
  const source = `${config.listing} of ${ctx.release.version} at ${candidate.url} and of ${stable.version} at ${stable.url}`
  const [now, before] = [
    await readListing(ctx, candidate, config.listing),
    await readListing(ctx, stable, config.listing),
  ]
  const problem = now.problem ?? before.problem
  if (now.listing === null || before.listing === null)
    return fail(problem ?? '', { claim: { problem }, source })
  if (now.listing.skills.length === 0)
    return fail('the server lists no skill', { claim: { problem: 'none' }, source })
  const all = (skills: typeof now.listing.skills) =>
    skills.flatMap(({ name, permissions }) => permissionsOf(name, permissions))
  const [has, had] = [all(now.listing.skills), all(before.listing.skills)]
  const added = has.filter((one) => !had.includes(one)).sort()
  const removed = had.filter((one) => !has.includes(one)).sort()
  const rest = {
    claim: { permissions: has.sort(), added, removed },
    source,
    population: `${has.length} permissions of ${now.listing.skills.length} skills`,
  }
  if (added.length === 0)
    return pass(`${has.length} permissions, none of them new since ${stable.version}`, rest)
  const review = reviewOf(ctx, config, added)
  if (review.problem !== null) return fail(review.problem, rest)
  return pass(
    `${added.length} new since ${stable.version} (${added.join(', ')}), signed by ${review.person}`,
    {
      ...rest,
      source: `${source}; ${fillNames(config.review, ctx)}`,
    },
  )
}

const reviewSchema = z.object({ person: z.string(), signature: z.string() })

/** Who signed that exactly these permissions of exactly this release are new and right. */
function reviewOf(
  ctx: CheckContext,
  { review, role }: PermissionsConfig,
  added: readonly string[],
): { readonly person: string; readonly problem: null } | { readonly problem: string } {
  const file = fillNames(review, ctx)
  const read = readReview(resolve(ctx.root, file))
  const wanted = (person: string) => canonicalJson(statementOf(ctx, added, person))
  if (!read)
    return {
      problem: `${added.join(', ')} is new and nobody signed it: sign ${wanted('PERSON')} with ssh-keygen -Y sign -n gonogo-signoff@v1 and put {"person", "signature"} in ${file}`,
    }
  const { person, signature } = read
  const entry = ctx.service.people[person]
  if (!entry || entry.bot || ctx.release.authors.includes(person) || !isOfRole(entry, role))
    return {
      problem: `${file}: ${person} may not sign this: it takes a person with the role ${role} who wrote none of it`,
    }
  const verified = verifyStatement(statementOf(ctx, added, person), signature, keysOf(ctx, entry))
  if (!verified.ok)
    return { problem: `${file}: the signature ${verified.message}; it must be over ${wanted(person)}` }
  return { person, problem: null }
}

/** What is signed. */
export const statementOf = (
  ctx: Pick<CheckContext, 'release'>,
  added: readonly string[],
  person: string,
): Json => ({
  review: 'permissions',
  release: ctx.release.version,
  digest: ctx.release.digest,
  added: [...added],
  person,
})

type Person = CheckContext['service']['people'][string]

const isOfRole = ({ roles, backupFor }: Person, role: string): boolean =>
  [...roles, ...backupFor].some((one) => one === role)

const keysOf = (ctx: CheckContext, { keys, keyFiles }: Person): string[] => [
  ...keys,
  ...keyFiles.flatMap((file) =>
    (textOf(resolve(ctx.root, file)) ?? '').split('\n').filter((line) => line.trim() !== ''),
  ),
]

function readReview(file: string): z.output<typeof reviewSchema> | null {
  const text = textOf(file)
  if (text === null) return null
  try {
    return reviewSchema.parse(JSON.parse(text))
  } catch {
    throw new CheckProblem(`${file}: is not {"person": …, "signature": …}`)
  }
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}
