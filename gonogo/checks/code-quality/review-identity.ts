import { coAuthorsOf } from '#connectors/git/index.ts'
import type { PullRequest } from '#connectors/github-reviews/index.ts'
import type { Service } from '#core/service.ts'

/** GitHub's own committer of merges made in its web pages; it writes nothing. */
const WEB_FLOW = 'web-flow'

/** Who is who: a login of the forge, an address in git, a person of the roster. */
export type Identities = {
  isBot(login: string, type: string | undefined): boolean
  /** Every address that a login is known by. */
  emailsOf(login: string): ReadonlySet<string>
  /** Every login that an address is known by. */
  loginsOf(email: string): ReadonlySet<string>
}

/** Links logins and addresses by the roster, by the export's own commits and by GitHub's no-reply addresses. */
export function identitiesOf(
  service: Service,
  logins: Readonly<Record<string, string>>,
  bots: readonly string[],
  pulls: readonly PullRequest[],
): Identities {
  const emails = new Map<string, Set<string>>()
  const link = (login: string, email: string) => {
    const known = emails.get(login.toLowerCase()) ?? new Set()
    emails.set(login.toLowerCase(), known.add(email.toLowerCase()))
  }
  for (const [login, person] of Object.entries(logins))
    for (const email of service.people[person]?.emails ?? []) link(login, email)
  for (const { author, commit } of pulls.flatMap((pull) => pull.commits))
    if (author) link(author.login, commit.author.email)
  const isRosterBot = (login: string) => service.people[logins[login] ?? login]?.bot === true
  return {
    isBot: (login, type) =>
      type === 'Bot' || /\[bot\]$/i.test(login) || bots.includes(login) || isRosterBot(login),
    emailsOf: (login) => emails.get(login.toLowerCase()) ?? new Set(),
    loginsOf: (email) =>
      new Set([...noReplyLogin(email), ...[...emails].flatMap(([l, e]) => (e.has(email) ? [l] : []))]),
  }
}

function noReplyLogin(email: string): string[] {
  const match = /^(?:\d+\+)?([a-z0-9-]+)@users\.noreply\.github\.com$/.exec(email)
  return match?.[1] ? [match[1]] : []
}

export type Writers = {
  /** Logins, lower case, of everyone who wrote a part of the request. */
  readonly logins: ReadonlySet<string>
  /** Addresses of writers that no login is known for. */
  readonly strangers: readonly string[]
}

/** Everyone who wrote a part of a request: who opened it, authors, committers, co-authors. */
export function writersOf(pull: PullRequest, identities: Identities): Writers {
  const logins = new Set<string>()
  const strangers: string[] = []
  if (pull.user) logins.add(pull.user.login.toLowerCase())
  const addEmail = (email: string) => {
    const known = identities.loginsOf(email)
    for (const login of known) logins.add(login)
    if (known.size === 0) strangers.push(email)
  }
  for (const { author, committer, commit } of pull.commits) {
    if (author) logins.add(author.login.toLowerCase())
    else addEmail(commit.author.email.toLowerCase())
    if (committer && committer.login !== WEB_FLOW) logins.add(committer.login.toLowerCase())
    for (const email of coAuthorsOf(commit.message)) addEmail(email)
  }
  return { logins, strangers }
}
