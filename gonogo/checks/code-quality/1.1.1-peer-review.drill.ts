import { join } from 'node:path'
import type { CheckContext } from '#checks/check.ts'
import { type DrillFault, type DrillScratch, defineDrill } from '#checks/drill.ts'
import {
  commitFiles,
  drillRelease,
  drillService,
  drillStable,
  newRepository,
} from '#checks/drill-situation.ts'

const PEOPLE = {
  wren: {
    name: 'Wren Writer',
    contact: 'wren@drill.internal',
    emails: ['wren@drill.internal', 'wren@home.internal'],
  },
  rhea: { name: 'Rhea Reader', contact: 'rhea@drill.internal', emails: ['rhea@drill.internal'] },
}

/** An exported pull request as a drill builds it: GitHub's shape, one commit unless a fault says otherwise. */
type Pull = {
  head: { sha: string }
  reviews: Record<string, unknown>[]
  commits: Record<string, unknown>[]
} & Record<string, unknown>
type Ground = { readonly pulls: Pull[]; readonly repository: string; readonly head: string }

const review = (login: string, commit: string, more: Record<string, unknown> = {}) => ({
  user: { login, type: 'User' },
  state: 'APPROVED',
  submitted_at: '2026-03-01T12:00:00Z',
  commit_id: commit,
  ...more,
})

function pullOf(number: number, sha: string, message: string, approver: string): Pull {
  const person = { name: 'Wren Writer', email: 'wren@drill.internal', date: '2026-03-01T10:00:00Z' }
  return {
    number,
    html_url: `https://forge.internal/drill/pull/${number}`,
    user: { login: 'wren-w', type: 'User' },
    merged_at: '2026-03-01T13:00:00Z',
    merge_commit_sha: sha,
    head: { sha },
    base: { ref: 'main' },
    reviews: [review(approver, sha)],
    commits: [{ sha, author: { login: 'wren-w' }, committer: null, commit: { author: person, message } }],
  }
}

async function ground(scratch: DrillScratch) {
  const repository = await newRepository(join(scratch.folder, 'repository'))
  const stable = await commitFiles(repository, { message: 'the stable version', files: { a: '1' } })
  const first = await commitFiles(repository, { message: 'feat: one', files: { a: '2' } })
  const head = await commitFiles(repository, { message: 'feat: two', files: { a: '3' } })
  const pulls = [pullOf(1, first, 'feat: one', 'rhea-r'), pullOf(2, head, 'feat: two', 'rhea-r')]
  await save(scratch, pulls)
  const context: Partial<CheckContext> = {
    service: drillService({ people: PEOPLE }),
    release: drillRelease({ commit: head }),
    stable: drillStable({ commit: stable }),
  }
  const config = {
    reviews: 'reviews.json',
    logins: { 'wren-w': 'wren', 'wren-alt': 'wren', 'rhea-r': 'rhea' },
  }
  return { config, context, ground: { pulls, repository: repository.folder, head } }
}

const save = (scratch: DrillScratch, pulls: readonly Pull[]) =>
  scratch.write('reviews.json', JSON.stringify(pulls))

/** A fault in the last request. */
const inRequest = (
  name: string,
  change: (pull: Pull) => void,
  expect: 'fail' | 'unknown' = 'fail',
): DrillFault<Ground> => ({
  name,
  expect,
  plant: async ({ ground: { pulls } }, scratch) => {
    const last = pulls.at(-1)
    if (last) change(last)
    await save(scratch, pulls)
    return {}
  },
})

/** The commit's address belongs to no login that is known, and the reviewer's addresses are not known either. */
function forgetAuthor(pull: Pull): void {
  const person = { name: 'Nobody', email: 'nobody@elsewhere.internal', date: '2026-03-01T10:00:00Z' }
  pull.commits = pull.commits.map((c) => ({
    ...c,
    author: null,
    commit: { author: person, message: 'feat: two' },
  }))
  pull.reviews = [review('unheard-of', pull.head.sha)]
}

const directPush: DrillFault<Ground> = {
  name: 'a direct push',
  expect: 'fail',
  plant: async ({ ground: { repository } }) => {
    const head = await commitFiles({ folder: repository }, { message: 'fix: at night', files: { a: '4' } })
    return { context: { release: drillRelease({ commit: head }) } }
  },
}

export const drill = defineDrill<Ground>({
  item: '1.1.1',
  ground,
  faults: [
    inRequest("the author's own approval", (p) => {
      p.reviews = [review('wren-w', p.head.sha)]
    }),
    inRequest("the author's approval by a second account", (p) => {
      p.user = { login: 'rhea-r', type: 'User' }
      p.commits = p.commits.map((c) => ({ ...c, author: null }))
      p.reviews = [review('wren-alt', p.head.sha)]
    }),
    inRequest("a co-author's own approval", (p) => {
      const commit = p.commits[0]?.commit as Record<string, unknown>
      commit.message = 'feat: two\n\nCo-authored-by: Rhea <rhea@drill.internal>'
    }),
    inRequest('an approval before the last push', (p) => {
      p.reviews = [review('rhea-r', 'c'.repeat(40))]
    }),
    inRequest('an approval after the merge', (p) => {
      p.reviews = [review('rhea-r', p.head.sha, { submitted_at: '2026-03-02T12:00:00Z' })]
    }),
    inRequest("a bot's approval", (p) => {
      p.reviews = [
        review('merge-queue[bot]', p.head.sha, { user: { login: 'merge-queue[bot]', type: 'Bot' } }),
      ]
    }),
    inRequest('an approval that was taken back', (p) => {
      p.reviews.push(
        review('rhea-r', p.head.sha, { state: 'DISMISSED', submitted_at: '2026-03-01T12:30:00Z' }),
      )
    }),
    inRequest('an approval by one from outside the project', (p) => {
      p.reviews = [review('passer-by', p.head.sha, { author_association: 'NONE' })]
    }),
    inRequest('a reviewer who still asks for changes', (p) => {
      p.reviews.push(review('third', p.head.sha, { state: 'CHANGES_REQUESTED' }))
    }),
    inRequest('an author whom nobody knows', forgetAuthor, 'unknown'),
    inRequest('a request that was never merged', (p) => {
      p.merged_at = null
    }),
    directPush,
    {
      name: 'one approval of a high-risk change',
      expect: 'fail',
      plant: async ({ ground: { head } }) => ({
        context: { release: drillRelease({ commit: head, risk: 'high' }) },
      }),
    },
    {
      name: 'an export that is cut off',
      expect: 'unknown',
      plant: async ({ ground: { pulls } }, scratch) => {
        await scratch.write('reviews.json', JSON.stringify(pulls).slice(0, -40))
        return {}
      },
    },
  ],
})
