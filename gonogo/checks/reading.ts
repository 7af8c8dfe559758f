import { basename, extname } from 'node:path'
import { type EvidenceFile, readEvidenceFile } from '#connectors/evidence-file/index.ts'
import { readProvenance } from '#connectors/evidence-file/provenance.ts'
import type { Provenance } from '#connectors/evidence-file/schema.ts'
import { ReadingProblem } from '#connectors/reading-problem.ts'
import { formatDuration } from '#core/duration.ts'
import { type CheckContext, CheckProblem, type CheckResult } from './check.ts'

/**
 * Runs a check that reads evidence: what cannot be read makes the item unknown, with the file and the reason. Anything
 * else that is thrown is a defect and goes on.
 */
export const readingEvidence =
  <C>(run: (ctx: CheckContext, config: C) => Promise<CheckResult>) =>
  async (ctx: CheckContext, config: C): Promise<CheckResult> => {
    try {
      return await run(ctx, config)
    } catch (problem) {
      if (problem instanceof ReadingProblem) throw new CheckProblem(problem.message)
      throw problem
    }
  }

/** A path or text of the configuration with `{{version}}`, `{{commit}}` and `{{service}}` filled in. */
export const fillNames = (text: string, ctx: CheckContext): string =>
  text
    .replaceAll('{{version}}', ctx.release.version)
    .replaceAll('{{commit}}', ctx.release.commit)
    .replaceAll('{{service}}', ctx.service.service)

/** Larger evidence is named by its digest alone. */
const MAX_KEPT_BYTES = 4 * 1024 * 1024
const MEDIA_TYPES: Readonly<Record<string, string>> = {
  '.json': 'application/json',
  '.sarif': 'application/sarif+json',
  '.xml': 'application/xml',
}

/** A file of evidence, kept so that whoever verifies the deployment can read what the check read. */
export async function readAndKeep(ctx: CheckContext, path: string): Promise<EvidenceFile> {
  const file = await readEvidenceFile(ctx.root, fillNames(path, ctx))
  if (file.bytes <= MAX_KEPT_BYTES)
    await ctx.keep(basename(file.path), MEDIA_TYPES[extname(file.path)] ?? 'text/plain', file.text)
  return file
}

/** A file of evidence with what its sidecar says it is about. */
export async function readReport(
  ctx: CheckContext,
  path: string,
): Promise<EvidenceFile & { readonly provenance: Provenance }> {
  const file = await readAndKeep(ctx, path)
  return { ...file, provenance: await readProvenance(ctx.root, file) }
}

/** Throws unless every commit that a report or its sidecar names is the release's, and at least one names it. */
export function mustBeOfCommit(
  ctx: CheckContext,
  source: string,
  ...commits: (string | null | undefined)[]
): void {
  const named = commits.filter((commit) => commit != null)
  const other = named.find((commit) => commit !== ctx.release.commit)
  if (other !== undefined)
    throw new CheckProblem(`${source}: is about commit ${other.slice(0, 12)}, the release is ${short(ctx)}`)
  if (named.length === 0)
    throw new CheckProblem(
      `${source}: does not say which commit it is about; put {"commit": "${ctx.release.commit}"} in ${source}.provenance.json in the run that makes it`,
    )
}

/** Throws when evidence is older than it may be, or comes from the future. */
export function mustBeFresh(ctx: CheckContext, source: string, atMs: number, maxAgeMs: number): void {
  const ageMs = ctx.now() - atMs
  if (ageMs > maxAgeMs)
    throw new CheckProblem(
      `${source}: is ${formatDuration(ageMs)} old, more than the ${formatDuration(maxAgeMs)} allowed`,
    )
  if (ageMs < -CLOCK_SKEW_MS)
    throw new CheckProblem(`${source}: says it was made ${formatDuration(-ageMs)} from now`)
}

const CLOCK_SKEW_MS = 300_000
const short = (ctx: CheckContext): string => ctx.release.commit.slice(0, 12)
