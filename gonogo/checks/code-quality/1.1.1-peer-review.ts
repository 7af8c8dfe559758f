import { resolve } from 'node:path'
import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck, fail, pass, unknown } from '#checks/check.ts'
import { fillNames, readingEvidence } from '#checks/reading.ts'
import { readEvidenceFile } from '#connectors/evidence-file/index.ts'
import { type Commit, commitsBetween } from '#connectors/git/index.ts'
import { type PullRequest, readPullRequests } from '#connectors/github-reviews/index.ts'
import { type Approvals, approvalsOf } from './review-approvals.ts'
import { requestsByCommit } from './review-coverage.ts'
import { identitiesOf } from './review-identity.ts'

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
  const file = await readEvidenceFile(ctx.root, fillNames(config.reviews, ctx))
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
  return judge({ commits, requests, approvals, needed, source })
}

function withoutCommits(ctx: CheckContext, from: string | null, source: string): CheckResult {
  const claim = { commits: 0 }
  if (from === ctx.release.commit)
    return pass('the release is the commit that runs already: no change to review', { claim, source })
  return unknown('the release has no commit that stable has not, yet is another commit', { claim, source })
}

type Situation = {
  readonly commits: readonly Commit[]
  readonly requests: ReadonlyMap<string, readonly PullRequest[]>
  readonly approvals: ReadonlyMap<PullRequest, Approvals>
  readonly needed: number
  readonly source: string
}

function judge(situation: Situation): CheckResult {
  const { commits, requests, approvals, needed, source } = situation
  const count = (pull: PullRequest, unclear: boolean) => {
    const found = approvals.get(pull)
    const asksForChanges = found?.refused.some((reason) => reason.endsWith('still asks for changes'))
    return asksForChanges ? 0 : (found?.by.length ?? 0) + (unclear ? (found?.unclear.length ?? 0) : 0)
  }
  const of = (commit: Commit) => requests.get(commit.sha) ?? []
  const direct = commits.filter((commit) => of(commit).length === 0)
  const short = commits.filter((c) => of(c).length > 0 && !of(c).some((p) => count(p, true) >= needed))
  const unclear = commits.filter((c) => of(c).length > 0 && !of(c).some((p) => count(p, false) >= needed))
  const pulls = [...approvals.keys()].sort((a, b) => a.number - b.number)
  const claim = {
    needed,
    commits: commits.map((c) => c.sha).sort(),
    direct: direct.map((c) => c.sha).sort(),
    requests: pulls.map((p) => ({ number: p.number, approvedBy: [...(approvals.get(p)?.by ?? [])].sort() })),
  }
  const reviewed = commits.length - direct.length - unclear.length
  const rest = {
    claim,
    source,
    population: `${reviewed} of ${commits.length} commits`,
    blanks: { 'review-links': pulls.map((p) => p.html_url).join(' ') },
  }
  if (direct.length > 0)
    return fail(
      `${direct.length} of ${commits.length} commits came by no merged request: ${name(direct)}`,
      rest,
    )
  const reasons = pulls.flatMap((pull) => approvals.get(pull)?.refused ?? [])
  if (short.length > 0) {
    const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : ''
    return fail(
      `${short.length} of ${commits.length} commits lack ${needed} approval(s) of the last push${why}`,
      rest,
    )
  }
  if (unclear.length > 0)
    return unknown(pulls.flatMap((p) => approvals.get(p)?.unclear ?? []).join('; '), rest)
  const requestCount = `${pulls.length} request${pulls.length === 1 ? '' : 's'}`
  return pass(
    `${commits.length} of ${commits.length} commits in ${requestCount} with at least ${needed} approval(s)`,
    rest,
  )
}

const name = (commits: readonly Commit[]): string =>
  commits
    .slice(0, 3)
    .map((c) => `${c.sha.slice(0, 12)} “${c.message.split('\n')[0]}” by ${c.authorName}`)
    .join(', ')
