import { resolve } from 'node:path'
import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '#checks/check.ts'
import { readingEvidence } from '#checks/reading.ts'
import { commitsBetween, fileAt, isMarkedBreaking } from '#connectors/git/index.ts'
import {
  type ApiChange,
  compareOpenApi,
  fetchOpenApi,
  type OpenApi,
  operationsOf,
  readOpenApi,
} from '#connectors/openapi/index.ts'
import type { Release } from '#core/release.ts'
import { movedToNewerPrefix } from './api-versioning.ts'

const config = z.union([
  /** The document in the repository, read at both commits. */
  z.strictObject({ document: z.string() }),
  /** Its path on the instances of both versions that run now, e.g. `/openapi.json`. */
  z.strictObject({ path: z.string().startsWith('/'), environment: z.string().optional() }),
])

type Config = z.infer<typeof config>
type Documents = { readonly before: OpenApi; readonly after: OpenApi; readonly source: string }

export const check = defineCheck<Config>({
  id: '1.1.7',
  title: 'API compatibility verified',
  config,
  run: readingEvidence(run),
})

async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const { stable, release } = ctx
  if (!stable) throw new CheckProblem('there is no stable version to compare with')
  if (stable.commit === release.commit || stable.version === release.version)
    throw new CheckProblem(
      `stable and release are the same version (${stable.version}, ${stable.commit.slice(0, 12)})`,
    )
  const documents =
    'document' in config
      ? await fromGit(ctx, stable, config.document)
      : await fromInstances(ctx, stable, config)
  const changes = compareOpenApi(documents.before, documents.after)
  const breaking = changes.filter((change) => change.breaking)
  const versioned = breaking.filter((change) => movedToNewerPrefix(change, documents.before, documents.after))
  const marked = await markedCommits(ctx, stable)
  return judge(changes, breaking, versioned, marked, documents)
}

function judge(
  changes: readonly ApiChange[],
  breaking: readonly ApiChange[],
  versioned: readonly ApiChange[],
  marked: readonly string[],
  { before, after, source }: Documents,
): CheckResult {
  const open = breaking.filter((change) => !versioned.includes(change))
  const rest = {
    claim: {
      /** What 1.1.6 goes by. */
      breaking: breaking.length > 0 || marked.length > 0,
      changes: changes.map((change) => change.what).sort(),
      breakingChanges: breaking.map((change) => change.what).sort(),
      markedCommits: [...marked].sort(),
    },
    source,
    population: `${operationsOf(before).length} operations of stable, ${operationsOf(after).length} of the release`,
  }
  if (open.length > 0)
    return fail(
      `${open.length} breaking change(s) without a new version prefix: ${open
        .slice(0, 3)
        .map((c) => c.what)
        .join('; ')}`,
      rest,
    )
  const versions = versioned.length > 0 ? `, ${versioned.length} moved to a newer version prefix` : ''
  const commits = marked.length > 0 ? `; ${marked.length} commit(s) marked as breaking` : ''
  return pass(
    `${changes.length} ${changes.length === 1 ? 'change' : 'changes'}, ${breaking.length} breaking${versions}${commits}`,
    rest,
  )
}

async function fromGit(ctx: CheckContext, stable: Release, path: string): Promise<Documents> {
  const repository = { folder: resolve(ctx.root, ctx.service.repository), signal: ctx.signal }
  const read = async (commit: string) => {
    const text = await fileAt(repository, commit, path)
    if (text === null) throw new CheckProblem(`${path}: is not in commit ${commit.slice(0, 12)}`)
    return readOpenApi(text, `${path} at ${commit.slice(0, 12)}`)
  }
  const [before, after] = await Promise.all([read(stable.commit), read(ctx.release.commit)])
  const source = `${path} at ${stable.commit.slice(0, 12)} and ${ctx.release.commit.slice(0, 12)}`
  return { before, after, source }
}

async function fromInstances(
  ctx: CheckContext,
  stable: Release,
  config: { path: string; environment?: string | undefined },
): Promise<Documents> {
  const there = config.environment ? ctx.environmentNamed(config.environment) : ctx.environment
  const [stables, candidates] = await Promise.all([there.stables(), there.candidates()])
  const old = stables.find((i) => i.isPublic)
  const young = candidates.find((i) => i.isPublic)
  if (!old || !young)
    throw new CheckProblem(`${there.name}: ${old ? 'the release' : 'stable'} does not run there`)
  if (old.url === young.url || old.version === young.version || old.digest === young.digest)
    throw new CheckProblem(`both documents would come from ${old.version} at ${old.url}`)
  const [before, after] = await Promise.all(
    [old, young].map((instance) => fetchOpenApi(new URL(config.path, instance.url).href, ctx.signal)),
  )
  if (!before || !after) throw new CheckProblem('an instance gave no document')
  if (isVersion(after, stable.version) && !isVersion(after, ctx.release.version))
    throw new CheckProblem(`the release's instance at ${young.url} serves the document of ${stable.version}`)
  return { before, after, source: `${config.path} of ${old.id} and ${young.id}` }
}

const isVersion = (document: OpenApi, version: string): boolean =>
  document.info.version.replace(/^v/, '') === version.replace(/^v/, '')

async function markedCommits(ctx: CheckContext, stable: Release): Promise<string[]> {
  const repository = { folder: resolve(ctx.root, ctx.service.repository), signal: ctx.signal }
  const commits = await commitsBetween(repository, stable.commit, ctx.release.commit)
  return commits.filter((commit) => isMarkedBreaking(commit.message)).map((commit) => commit.sha)
}
