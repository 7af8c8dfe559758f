import { z } from 'zod'
import { isErrorLevel, type LogLine, readLogLines } from '#connectors/log-lines/index.ts'
import type { Instance } from '#targets/target.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { allReleaseInstances, logFileOf } from '../live/instances.ts'
import { readingEvidence } from '../reading.ts'

const MAX_SHOWN = 50

const config = z.strictObject({
  /** Signatures that are known and harmless, as text that they contain. */
  known: z.array(z.string().min(3)).default([]),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '4.1.2',
  title: 'Log analysis',
  config,
  bound: () => true,
  limitMs: 120_000,
  run: readingEvidence(run),
})

/** Errors that the new version has logged since it was deployed, and the old one has not in as long a time before. */
async function run(ctx: CheckContext, { known }: Config): Promise<CheckResult> {
  const since = ctx.timeline.candidateDeployedAtMs
  if (since === null) throw new CheckProblem('the new version was not deployed in this deployment')
  const now = ctx.now()
  const own = await linesOf(ctx, await allReleaseInstances(ctx, ctx.environment), since, now)
  if (own.length === 0)
    throw new CheckProblem(`${ctx.release.version} has logged nothing since it was deployed`)
  const old = await linesOf(ctx, await ctx.environment.stables(), since - (now - since), since)
  const before = new Set(old.filter(isErrorLevel).map(signatureOf))
  const errors = own.filter(isErrorLevel)
  const fresh = [...new Set(errors.map(signatureOf))].filter(
    (signature) => !before.has(signature) && !known.some((text) => signature.includes(text)),
  )
  const rest = {
    claim: { fresh: fresh.slice(0, MAX_SHOWN) },
    source: `the logs of ${ctx.release.version}, and of ${ctx.stable?.version ?? 'no version'} before it`,
    population: `${own.length} lines, ${old.length} of the old version`,
  }
  if (fresh.length > 0)
    return fail(`${fresh.length} kinds of errors that the old version had not: ${fresh[0]}`, rest)
  return pass(
    `${errors.length} errors in ${own.length} lines, none of a kind that the old version had not`,
    rest,
  )
}

async function linesOf(
  ctx: CheckContext,
  instances: readonly Instance[],
  fromMs: number,
  toMs: number,
): Promise<readonly LogLine[]> {
  const files = await Promise.all(instances.map((one) => logFileOf(ctx.environment, one)))
  const logs = await Promise.all(files.map((file) => readLogLines(file, fromMs, ctx.signal)))
  return logs.flatMap(({ lines }) => lines).filter(({ atMs }) => atMs === null || atMs <= toMs)
}

/** A line without what differs from one occurrence to the next: numbers, ids, quoted text. */
export const signatureOf = ({ message, fields }: LogLine): string => {
  const error = fields.error ?? fields.err
  const inner =
    typeof error === 'object' && error !== null ? String((error as { message?: unknown }).message ?? '') : ''
  return `${message} ${inner}`
    .trim()
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, '#')
    .replaceAll(/"[^"]*"|'[^']*'/g, '“”')
    .replaceAll(/\b(0x)?[0-9a-f]*\d[0-9a-f]*\b/gi, '#')
    .slice(0, 200)
}
