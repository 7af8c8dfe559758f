import { type CheckResult, fail, pass, unknown } from '#checks/check.ts'
import type { Commit } from '#connectors/git/index.ts'
import type { PullRequest } from '#connectors/github-reviews/index.ts'
import type { Approvals } from './review-approvals.ts'

export type ReviewSituation = {
  readonly commits: readonly Commit[]
  readonly requests: ReadonlyMap<string, readonly PullRequest[]>
  readonly approvals: ReadonlyMap<PullRequest, Approvals>
  /** Approvals that each request needs. */
  readonly needed: number
  readonly source: string
}

/** Commits by what is wrong with the way they came. */
type Sorted = {
  readonly direct: readonly Commit[]
  readonly short: readonly Commit[]
  readonly unclear: readonly Commit[]
}

export function judgeReviews(situation: ReviewSituation): CheckResult {
  const { commits, approvals, needed } = situation
  const sorted = sortCommits(situation)
  const { direct, short, unclear } = sorted
  const rest = foundIn(situation, sorted)
  const all = [...approvals.values()]
  const total = commits.length
  if (direct.length > 0)
    return fail(`${direct.length} of ${total} commits came by no merged request: ${name(direct)}`, rest)
  if (short.length > 0) {
    const reasons = all.flatMap((one) => one.refused)
    const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : ''
    return fail(
      `${short.length} of ${total} commits lack ${approvalsOf(needed)} of the last push${why}`,
      rest,
    )
  }
  if (unclear.length > 0) return unknown(all.flatMap((one) => one.unclear).join('; '), rest)
  return pass(
    `${total} of ${total} commits in ${all.length} merged ${all.length === 1 ? 'request' : 'requests'} with at least ${approvalsOf(needed)}`,
    rest,
  )
}

const approvalsOf = (needed: number): string => `${needed} ${needed === 1 ? 'approval' : 'approvals'}`

function sortCommits({ commits, requests, approvals, needed }: ReviewSituation): Sorted {
  const count = (pull: PullRequest, withUnclear: boolean): number => {
    const found = approvals.get(pull)
    if (!found || found.changesRequested) return 0
    return found.by.length + (withUnclear ? found.unclear.length : 0)
  }
  const of = (commit: Commit) => requests.get(commit.sha) ?? []
  const lacks = (commit: Commit, withUnclear: boolean) =>
    of(commit).length > 0 && !of(commit).some((pull) => count(pull, withUnclear) >= needed)
  return {
    direct: commits.filter((commit) => of(commit).length === 0),
    short: commits.filter((commit) => lacks(commit, true)),
    unclear: commits.filter((commit) => lacks(commit, false)),
  }
}

function foundIn({ commits, approvals, needed, source }: ReviewSituation, { direct, unclear }: Sorted) {
  const pulls = [...approvals].sort(([a], [b]) => a.number - b.number)
  return {
    claim: {
      needed,
      commits: commits.map((commit) => commit.sha).sort(),
      direct: direct.map((commit) => commit.sha).sort(),
      requests: pulls.map(([pull, { by }]) => ({ number: pull.number, approvedBy: [...by].sort() })),
    },
    source,
    population: `${commits.length - direct.length - unclear.length} of ${commits.length} commits`,
    blanks: { 'review-links': pulls.map(([pull]) => pull.html_url).join(' ') },
  }
}

const name = (commits: readonly Commit[]): string =>
  commits
    .slice(0, 3)
    .map((c) => `${c.sha.slice(0, 12)} “${c.message.split('\n')[0]}” by ${c.authorName}`)
    .join(', ')
