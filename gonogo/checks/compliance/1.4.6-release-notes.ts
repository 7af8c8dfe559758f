import { resolve } from 'node:path'
import { z } from 'zod'
import {
  type CheckContext,
  CheckProblem,
  type CheckResult,
  defineCheck,
  fail,
  pass,
  unknown,
} from '#checks/check.ts'
import { documentsIn, namesVersion, proseOf, sectionOf } from '#checks/code-quality/document-text.ts'
import { fillNames, readingEvidence } from '#checks/reading.ts'
import { type Commit, commitsBetween } from '#connectors/git/index.ts'
import { sha256 } from '#core/json.ts'

const LEAST_WORDS = 8

const config = z.strictObject({
  /** Notes for users, in the repository; by default the release's own. */
  userFacing: z.string().optional(),
  /** Notes for colleagues, in the repository. */
  internal: z.string(),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '1.4.6',
  title: 'Release notes drafted',
  config,
  run: readingEvidence(run),
})

async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const userFacing = config.userFacing ?? ctx.release.notes
  if (!userFacing) throw new CheckProblem('the release names no notes; add notes: to it, or userFacing: here')
  const paths = [userFacing, config.internal].map((path) => fillNames(path, ctx))
  const repository = { folder: resolve(ctx.root, ctx.service.repository), signal: ctx.signal }
  const { commit, version } = ctx.release
  const texts = await documentsIn(repository, commit, paths)
  const commits = ctx.stable ? await commitsBetween(repository, ctx.stable.commit, commit) : []
  const draft = await ctx.keep('release-notes-draft.md', 'text/markdown', draftNotes(version, commits))
  const notes = paths.map((path, i) => notesOf(path, texts[i] ?? null, version))
  const rest = {
    claim: { notes: notes.map(({ path, text }) => ({ path, digest: text === null ? null : sha256(text) })) },
    source: `${paths.join(' and ')} at ${commit.slice(0, 12)}`,
    population: `${notes.filter(({ problem }) => problem === null).length} of 2 notes`,
    evidence: [draft],
  }
  const problems = notes.flatMap(({ problem }) => problem ?? [])
  if (problems.length > 0)
    return fail(`${problems.join('; ')}; a draft from ${commits.length} commits is kept`, rest)
  const [first, second] = notes
  if (paths[0] === paths[1] || first?.text === second?.text)
    return unknown('one text cannot be the notes for users and for colleagues', rest)
  const named = notes.map(({ path, words }) => `${path} (${words} words)`).join(' and ')
  return pass(`${named} are about ${version}`, rest)
}

type Notes = {
  readonly path: string
  readonly text: string | null
  readonly words: number
  readonly problem: string | null
}

/** The notes of one version: its section of a changelog, or a document of its own. */
function notesOf(path: string, document: string | null, version: string): Notes {
  if (document === null)
    return { path, text: null, words: 0, problem: `${path} is not in the release commit` }
  const text = sectionOf(document, version) ?? (namesVersion(path, document, version) ? document : null)
  if (text === null) return { path, text, words: 0, problem: `${path} says nothing about ${version}` }
  const words = proseOf(text).length
  const problem =
    words < LEAST_WORDS ? `${path} has ${words} words about ${version}, fewer than ${LEAST_WORDS}` : null
  return { path, text, words, problem }
}

const HEADINGS: readonly (readonly [RegExp, string])[] = [
  [/^\w+(\([^)]*\))?!:/, 'Breaking'],
  [/^feat/, 'Added'],
  [/^(fix|perf)/, 'Fixed'],
  [/^/, 'Other'],
]

/** A draft from the commits' first lines, by Conventional Commits where they follow them. */
function draftNotes(version: string, commits: readonly Commit[]): string {
  const subjects = commits.filter((c) => c.parents.length < 2).map((c) => c.message.split('\n')[0] ?? '')
  const of = (heading: string) =>
    subjects.filter((s) => HEADINGS.find(([pattern]) => pattern.test(s))?.[1] === heading)
  const sections = HEADINGS.map(([, heading]) => ({ heading, lines: of(heading) })).filter(
    ({ lines }) => lines.length > 0,
  )
  const body = sections.map(
    ({ heading, lines }) => `## ${heading}\n\n${lines.map((line) => `- ${line}`).join('\n')}`,
  )
  return `${[`# ${version} (draft from ${commits.length} commits)`, ...body].join('\n\n')}\n`
}
