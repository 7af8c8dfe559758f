import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import {
  commitFiles,
  drillRelease,
  drillService,
  drillStable,
  newRepository,
} from '#checks/drill-situation.ts'
import { scratchIn, tryCheck } from '#checks/try-drill.ts'
import { git } from '#connectors/git/index.ts'
import { check } from './1.1.1-peer-review.ts'

let folder = ''
let stable = ''
const at = () => ({ folder: join(folder, 'repository') })
const settings = ['-c', 'user.name=Forge', '-c', 'user.email=noreply@github.com']

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gonogo-merges-'))
  await newRepository(at().folder)
  stable = await commitFiles(at(), { message: 'the stable version', files: { a: '1' } })
  await git(at(), ['checkout', '-q', '-b', 'topic'])
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const head = async (name = 'HEAD') => (await git(at(), ['rev-parse', name])).trim()

/** What a forge exports of the topic branch, once merged as `merged`. */
async function exported(shas: readonly string[], merged: string, approved = shas.at(-1)) {
  const commits = await Promise.all(
    shas.map(async (sha) => {
      const [email = '', date = '', ...message] = (
        await git(at(), ['log', '-1', '--format=%ae%n%aI%n%B', sha])
      ).split('\n')
      return {
        sha,
        author: { login: 'wren' },
        committer: null,
        commit: { author: { email, date }, message: message.join('\n').trim() },
      }
    }),
  )
  return {
    number: 1,
    html_url: 'https://forge.internal/1',
    user: { login: 'wren' },
    merged_at: '2099-01-02T00:00:00Z',
    merge_commit_sha: merged,
    head: { sha: shas.at(-1) },
    base: { ref: 'main' },
    reviews: [
      {
        user: { login: 'rhea' },
        state: 'APPROVED',
        submitted_at: '2099-01-01T00:00:00Z',
        commit_id: approved,
      },
    ],
    commits,
  }
}

async function verdictOf(release: string, pulls: readonly unknown[]) {
  const scratch = scratchIn(folder)
  await scratch.write('reviews.json', JSON.stringify(pulls))
  return tryCheck(check as never, { reviews: 'reviews.json' }, scratch, {
    service: drillService(),
    release: drillRelease({ commit: release }),
    stable: drillStable({ commit: stable }),
  })
}

async function twoCommits() {
  const one = await commitFiles(at(), {
    message: 'feat: one',
    files: { b: '1' },
    date: '2026-03-01T10:00:00Z',
  })
  const two = await commitFiles(at(), {
    message: 'feat: two',
    files: { b: '2' },
    date: '2026-03-01T11:00:00Z',
  })
  return [one, two]
}

describe('an approved request', () => {
  test('merged with a merge commit covers its commits and the merge', async () => {
    const shas = await twoCommits()
    await git(at(), ['checkout', '-q', 'main'])
    await git(at(), [...settings, 'merge', '-q', '--no-ff', '-m', 'Merge #1', 'topic'])
    const merged = await head()
    expect(await verdictOf(merged, [await exported(shas, merged)])).toMatchObject({
      verdict: 'pass',
      population: '3 of 3 commits',
    })
  })

  test('squashed into one commit covers that commit', async () => {
    const shas = await twoCommits()
    await git(at(), ['checkout', '-q', 'main'])
    await git(at(), ['merge', '-q', '--squash', 'topic'])
    const merged = await commitFiles(at(), { message: 'feat: both (#1)' })
    expect(await verdictOf(merged, [await exported(shas, merged)])).toMatchObject({
      verdict: 'pass',
      population: '1 of 1 commits',
    })
  })

  test('rebased covers the copies of its commits', async () => {
    const shas = await twoCommits()
    await git(at(), ['checkout', '-q', 'main'])
    for (const sha of shas)
      await git(at(), [...settings, 'cherry-pick', '--no-ff', sha]).catch(() => undefined)
    await git(at(), [
      ...settings,
      '-c',
      'user.email=other@github.com',
      'rebase',
      '-q',
      '--force-rebase',
      stable,
    ])
    const merged = await head()
    expect(await verdictOf(merged, [await exported(shas, merged)])).toMatchObject({
      verdict: 'pass',
      population: '2 of 2 commits',
    })
  })

  test('covers no commit that was pushed between its own', async () => {
    const shas = await twoCommits()
    await git(at(), ['checkout', '-q', 'main'])
    await commitFiles(at(), { message: 'feat: one', files: { c: 'other' }, date: '2026-03-01T10:00:00Z' })
    await git(at(), ['merge', '-q', '--squash', 'topic'])
    const merged = await commitFiles(at(), { message: 'feat: two' })
    expect((await verdictOf(merged, [await exported(shas, merged)])).verdict).toBe('fail')
  })

  test('covers no merge of something else than its last commit', async () => {
    const shas = await twoCommits()
    await commitFiles(at(), { message: 'more, after the review', files: { b: '3' } })
    await git(at(), ['checkout', '-q', 'main'])
    await git(at(), [...settings, 'merge', '-q', '--no-ff', '-m', 'Merge #1', 'topic'])
    const merged = await head()
    expect((await verdictOf(merged, [await exported(shas, merged)])).verdict).toBe('fail')
  })
})

test('a shallow clone does not show what was reviewed', async () => {
  const [, two] = await twoCommits()
  await git({ folder }, [
    'clone',
    '-q',
    '--depth',
    '1',
    '--branch',
    'topic',
    `file://${at().folder}`,
    join(folder, 'shallow'),
  ])
  const scratch = scratchIn(folder)
  await scratch.write('reviews.json', '[]')
  const result = await tryCheck(check as never, { reviews: 'reviews.json' }, scratch, {
    service: drillService({ repository: 'shallow' }),
    release: drillRelease({ commit: two ?? '' }),
    stable: drillStable({ commit: stable }),
  })
  expect(result).toMatchObject({ verdict: 'unknown', summary: expect.stringContaining('shallow clone') })
})
