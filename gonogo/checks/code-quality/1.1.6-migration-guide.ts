import { posix, resolve } from 'node:path'
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
import { documentsIn, linksOf, namesVersion, proseOf } from '#checks/code-quality/document-text.ts'
import { fillNames, readingEvidence } from '#checks/reading.ts'
import { fileAt, type Repository } from '#connectors/git/index.ts'

const config = z.strictObject({
  /** The guide in the repository. */
  guide: z.string().default('docs/migrations/{{version}}.md'),
  /** The release notes in the repository; by default the release's own. */
  notes: z.string().optional(),
})

type Config = z.infer<typeof config>
const LEAST_WORDS = 20

export const check = defineCheck<Config>({
  id: '1.1.6',
  title: 'Breaking changes documented with migration guide',
  config,
  after: ['1.1.7'],
  run: readingEvidence(run),
})

async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const found = z.object({ breaking: z.boolean() }).safeParse(ctx.resultOf('1.1.7')?.claim)
  if (!found.success || ctx.resultOf('1.1.7')?.verdict === 'unknown')
    throw new CheckProblem('whether anything breaks is not known: 1.1.7 has no result')
  if (!found.data.breaking)
    return pass('no breaking change found by 1.1.7 and no commit marked as one', {
      claim: { guide: null },
      source: '1.1.7',
    })
  const repository: Repository = { folder: resolve(ctx.root, ctx.service.repository), signal: ctx.signal }
  const notesPath = config.notes ?? ctx.release.notes
  if (!notesPath)
    throw new CheckProblem('the release names no notes; add notes: to the release, or under checks: 1.1.6')
  const [guide, notes] = [fillNames(config.guide, ctx), fillNames(notesPath, ctx)]
  return judge(ctx, repository, guide, notes)
}

async function judge(
  ctx: CheckContext,
  repository: Repository,
  guide: string,
  notes: string,
): Promise<CheckResult> {
  const { commit, version } = ctx.release
  const [guideText, notesText] = await documentsIn(repository, commit, [guide, notes])
  const source = `${guide} and ${notes} at ${commit.slice(0, 12)}`
  const rest = { claim: { guide, notes, found: guideText !== null && guideText !== undefined }, source }
  if (guideText == null) return fail(`${guide} is not in the release commit`, rest)
  const words = proseOf(guideText).length
  if (words < LEAST_WORDS)
    return fail(`${guide} has ${words} words; a guide has at least ${LEAST_WORDS}`, rest)
  if (!namesVersion(guide, guideText, version))
    return fail(`${guide} names another version than ${version}`, rest)
  if (ctx.stable && (await fileAt(repository, ctx.stable.commit, guide)) === guideText)
    return fail(`${guide} is unchanged since ${ctx.stable.version}: it is a guide of another version`, rest)
  if (notesText == null) return unknown(`${notes} is not in the release commit`, rest)
  const links = linksOf(notesText).map((link) => posix.normalize(posix.join(posix.dirname(notes), link)))
  if (!links.includes(posix.normalize(guide))) return fail(`${notes} does not link to ${guide}`, rest)
  return pass(`${guide} (${words} words) names ${version} and ${notes} links to it`, rest)
}
