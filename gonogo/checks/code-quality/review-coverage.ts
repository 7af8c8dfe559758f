import type { Commit } from '#connectors/git/index.ts'
import type { PullRequest } from '#connectors/github-reviews/index.ts'

/** For each commit the merged requests that brought it; none for a direct push. */
export function requestsByCommit(
  commits: readonly Commit[],
  pulls: readonly PullRequest[],
): ReadonlyMap<string, readonly PullRequest[]> {
  const bySha = new Map(commits.map((commit) => [commit.sha, commit]))
  const found = new Map<string, PullRequest[]>(commits.map((commit) => [commit.sha, []]))
  for (const pull of pulls.filter((p) => p.merged_at !== null))
    for (const sha of broughtBy(pull, bySha)) found.get(sha)?.push(pull)
  return found
}

/** Its own commits, what its merge made of them, and for a rebase their copies. */
function broughtBy(pull: PullRequest, commits: ReadonlyMap<string, Commit>): Set<string> {
  const shas = new Set(pull.commits.map((commit) => commit.sha))
  const made = pull.merge_commit_sha === null ? undefined : commits.get(pull.merge_commit_sha)
  if (!made) return shas
  const isMerge = made.parents.length > 1
  if (!isMerge || made.parents.includes(pull.head.sha)) shas.add(made.sha)
  if (!isMerge) for (const sha of rebasedCopies(pull, made, commits)) shas.add(sha)
  return shas
}

/** A rebase copies each commit with its author, its author's date and its message, in their order. */
function rebasedCopies(pull: PullRequest, last: Commit, commits: ReadonlyMap<string, Commit>): string[] {
  const copies: string[] = []
  let copy: Commit | undefined = last
  for (const original of [...pull.commits].reverse()) {
    if (!copy || !isCopy(copy, original.commit)) return []
    copies.push(copy.sha)
    copy = commits.get(copy.parents[0] ?? '')
  }
  return copies
}

const isCopy = (copy: Commit, original: PullRequest['commits'][number]['commit']): boolean =>
  copy.authorEmail === original.author.email.toLowerCase() &&
  copy.authoredAt === Date.parse(original.author.date) / 1000 &&
  copy.message === original.message.trim()
