import type { PullRequest } from '#connectors/github-reviews/index.ts'
import { type Identities, type Writers, writersOf } from './review-identity.ts'

export type Approvals = {
  /** Logins whose approval counts. */
  readonly by: readonly string[]
  /** Why others do not, one sentence each. */
  readonly refused: readonly string[]
  /** True while someone who may approve asks for changes. */
  readonly changesRequested: boolean
  /** Why it cannot be told whether one counts. */
  readonly unclear: readonly string[]
}

/** The approvals of a merged request that count: each reviewer's last word, on the last push, before the merge. */
export function approvalsOf(pull: PullRequest, identities: Identities): Approvals {
  const writers = writersOf(pull, identities)
  const by: string[] = []
  const refused: string[] = []
  const unclear: string[] = []
  let changesRequested = false
  for (const review of lastWords(pull)) {
    const login = review.user.login
    if (review.state === 'CHANGES_REQUESTED' && mayApprove(review)) changesRequested = true
    if (review.state === 'CHANGES_REQUESTED') refused.push(`#${pull.number}: ${login} still asks for changes`)
    if (review.state !== 'APPROVED') continue
    const reason = whyRefused(pull, review, identities, writers)
    if (reason) refused.push(`#${pull.number}: ${login}'s approval ${reason}`)
    else if (writers.strangers.length > 0 && identities.emailsOf(login).size === 0)
      unclear.push(
        `#${pull.number}: ${login} may be the author ${writers.strangers[0]}; name ${login}'s emails in people`,
      )
    else by.push(login)
  }
  return { by, refused, changesRequested, unclear }
}

type Review = PullRequest['reviews'][number] & { user: { login: string; type?: string | undefined } }

/** The last review of each person that says something: a comment takes no approval back. */
function lastWords(pull: PullRequest): Review[] {
  const said = pull.reviews.filter((r): r is Review => r.user !== null && r.submitted_at != null)
  const words = said.filter((r) => r.state !== 'COMMENTED' && r.state !== 'PENDING')
  const last = new Map<string, Review>()
  for (const review of words.sort((a, b) => submittedAt(a) - submittedAt(b)))
    last.set(review.user.login.toLowerCase(), review)
  return [...last.values()]
}

function whyRefused(
  pull: PullRequest,
  review: Review,
  identities: Identities,
  writers: Writers,
): string | null {
  const login = review.user.login.toLowerCase()
  if (identities.isBot(review.user.login, review.user.type)) return 'is a bot’s'
  if (writers.logins.has(login)) return 'is of one who wrote it'
  if (writers.strangers.some((email) => identities.emailsOf(login).has(email)))
    return 'is of one who wrote it'
  if (!mayApprove(review)) return 'is of one who does not belong to the project'
  if (review.commit_id !== pull.head.sha) return 'is from before the last push'
  if (submittedAt(review) > Date.parse(pull.merged_at ?? '')) return 'came after the merge'
  return null
}

/** On a public forge anyone may press the button; only the project's own people approve. */
const mayApprove = (review: Review): boolean =>
  review.author_association === undefined || INSIDERS.includes(review.author_association)

const INSIDERS: readonly string[] = ['OWNER', 'MEMBER', 'COLLABORATOR']

const submittedAt = (review: { submitted_at?: string | null | undefined }): number =>
  Date.parse(review.submitted_at ?? '')
