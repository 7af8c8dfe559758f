import { readJson } from '../evidence-file/structured-text.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { type PullRequest, pullsSchema } from './schema.ts'

/** GitHub lists no more commits of one pull request than these. */
const MAX_LISTED_COMMITS = 250

/**
 * Reads an export of pull requests: GitHub's REST objects, each with the answers of its `/reviews` and `/commits` in
 * it. A request whose commits are not all there is a problem.
 */
export function readPullRequests(text: string, source: string): PullRequest[] {
  const pulls = readJson(text, pullsSchema, source, 'an export of GitHub pull requests')
  for (const pull of pulls) {
    if (pull.merged_at !== null && pull.commits.length >= MAX_LISTED_COMMITS)
      throw new ReadingProblem('cut-off', source, `#${pull.number} has more commits than GitHub lists`)
    if (pull.merged_at !== null && !pull.commits.some((commit) => commit.sha === pull.head.sha))
      throw new ReadingProblem('inconsistent', source, `#${pull.number} does not hold its own last commit`)
  }
  return pulls
}

export type { PullRequest }
