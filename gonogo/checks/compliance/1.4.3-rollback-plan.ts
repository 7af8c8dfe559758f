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
import { fillNames, mustBeFresh, readAndKeep, readingEvidence } from '#checks/reading.ts'
import { readJson } from '#connectors/evidence-file/structured-text.ts'
import { ReadingProblem } from '#connectors/reading-problem.ts'
import { durationSchema, formatDuration } from '#core/duration.ts'
import { sha256 } from '#core/json.ts'
import { formatPlan, type Rehearsal, rehearsalSchema, rollbackSteps } from './rollback-plan.ts'

const config = z.strictObject({
  /** What the last rehearsal in staging left behind. */
  rehearsal: z.string().default('.gonogo/rehearsals/{{version}}.json'),
  maxAge: durationSchema.default(7 * 86_400_000),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '1.4.3',
  title: 'Rollback plan documented',
  config,
  bound: (service) => service.staging !== undefined,
  run: readingEvidence(run),
})

async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const { stable, release } = ctx
  if (!stable)
    throw new CheckProblem('there is no version to roll back to; a person says what is done instead')
  const path = fillNames(config.rehearsal, ctx)
  const rehearsal = await readRehearsal(ctx, path)
  const text = formatPlan(
    `Rollback plan: ${ctx.service.service} ${release.version} back to ${stable.version}`,
    rollbackSteps(release, stable, stable.schemaVersion),
    rehearsal,
  )
  const evidence = await ctx.keep('rollback-plan.md', 'text/markdown', text)
  const rest = {
    claim: { plan: sha256(text), measured: rehearsal !== null },
    source: path,
    evidence: [evidence],
    blanks: { 'rollback-plan': `rollback-plan.md ${evidence.digest}` },
  }
  if (!rehearsal)
    return unknown(
      `the plan has no time: a rollback of ${release.version} was never rehearsed (${path} is not there)`,
      rest,
    )
  mustBeFresh(ctx, path, rehearsal.at, config.maxAge)
  mustBeAbout(ctx, path, rehearsal, stable.version)
  const dated = { ...rest, evidenceAtMs: rehearsal.at }
  if (!rehearsal.restored)
    return fail(`the rehearsal in ${rehearsal.environment} did not restore ${rehearsal.to}`, dated)
  return pass(
    `back to ${stable.version} in about ${formatDuration(rehearsal.durationMs)}, as rehearsed in ${rehearsal.environment}`,
    dated,
  )
}

async function readRehearsal(ctx: CheckContext, path: string): Promise<Rehearsal | null> {
  try {
    const file = await readAndKeep(ctx, path)
    return readJson(file.text, rehearsalSchema, path, 'a record of a rehearsal')
  } catch (problem) {
    if (problem instanceof ReadingProblem && problem.code === 'missing') return null
    throw problem
  }
}

/** A rehearsal of another artifact, of another way back or elsewhere says nothing about this one. */
function mustBeAbout(ctx: CheckContext, path: string, rehearsal: Rehearsal, stable: string): void {
  const staging = ctx.service.staging ?? 'staging'
  if (rehearsal.environment !== staging)
    throw new CheckProblem(`${path}: was rehearsed in ${rehearsal.environment}, not in ${staging}`)
  if (rehearsal.digest !== ctx.release.digest || rehearsal.from !== ctx.release.version)
    throw new CheckProblem(`${path}: is about another artifact than ${ctx.release.version}’s`)
  if (rehearsal.to !== stable)
    throw new CheckProblem(`${path}: went back to ${rehearsal.to}, stable is ${stable}`)
}
