import { resolve } from 'node:path'
import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck, pass, unknown } from '#checks/check.ts'
import { readAndKeep, readingEvidence } from '#checks/reading.ts'
import { commitsBetween } from '#connectors/git/index.ts'
import { readPullRequests } from '#connectors/github-reviews/index.ts'
import { approvalsOf } from './review-approvals.ts'
import { requestsByCommit } from './review-coverage.ts'
import { identitiesOf } from './review-identity.ts'
import { judgeReviews } from './review-verdict.ts'

const config = z.strictObject({
  /** Export of GitHub's pull requests, each with its `reviews` and `commits`. */
  reviews: z.string(),
  /** Forge login → person in the roster, so that an author's second address is still the author. */
  logins: z.record(z.string(), z.string()).default({}),
  /** More logins that are machines. */
  bots: z.array(z.string()).default([]),
  /** Where to start on the first deployment; without it the whole history counts. */
  since: z
    .string()
    .regex(/^[0-9a-f]{40}$/)
    .optional(),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '1.1.1',
  title: 'All code changes peer-reviewed',
  config,
  run: readingEvidence(run),
})

async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const file = await readAndKeep(ctx, config.reviews)
  const pulls = readPullRequests(file.text, file.path)
  const repository = { folder: resolve(ctx.root, ctx.service.repository), signal: ctx.signal }
  const from = ctx.stable?.commit ?? config.since ?? null
  const commits = await commitsBetween(repository, from, ctx.release.commit)
  const source = `git ${from?.slice(0, 12) ?? 'start'}..${ctx.release.commit.slice(0, 12)}; ${file.path} ${file.digest}`
  if (commits.length === 0) return withoutCommits(ctx, from, source)
  const needed = ['high', 'critical'].includes(ctx.release.risk) ? 2 : 1
  const identities = identitiesOf(ctx.service, config.logins, config.bots, pulls)
  const requests = requestsByCommit(commits, pulls)
  const approvals = new Map(
    [...new Set([...requests.values()].flat())].map((p) => [p, approvalsOf(p, identities)]),
  )
  return judgeReviews({ commits, requests, approvals, needed, source })
}

function withoutCommits(ctx: CheckContext, from: string | null, source: string): CheckResult {
  const claim = { commits: 0 }
  if (from === ctx.release.commit)
    return pass('the release is the commit that runs already: no change to review', { claim, source })
  return unknown('the release has no commit that stable has not, yet is another commit', { claim, source })
}
