import { z } from 'zod'
import { isErrorLevel, type LogLines, readLogLines } from '#connectors/log-lines/index.ts'
import type { Instance } from '#targets/target.ts'
import {
  type CheckContext,
  CheckProblem,
  type CheckResult,
  defineCheck,
  fail,
  pass,
  unknown,
} from '../check.ts'
import { allReleaseInstances, logFileOf } from '../live/instances.ts'
import { readingEvidence } from '../reading.ts'

const MAX_SHOWN = 200

export const check = defineCheck({
  id: '3.3.1.3',
  title: 'Check application logs',
  config: z.strictObject({}),
  bound: () => true,
  limitMs: 20_000,
  run: readingEvidence(run),
})

/** No instance has written a line of level error or above since it was started; each has written something. */
async function run(ctx: CheckContext): Promise<CheckResult> {
  const instances = await allReleaseInstances(ctx, ctx.environment)
  const logs = await Promise.all(instances.map((i) => logOf(ctx, i)))
  const errors = logs.flatMap(({ instance, lines }) =>
    lines.filter(isErrorLevel).map((line) => ({ instance: instance.id, ...line })),
  )
  const count = logs.reduce((sum, { lines }) => sum + lines.length, 0)
  const shown = errors
    .slice(0, MAX_SHOWN)
    .map(({ instance, fields }) => JSON.stringify({ instance, ...fields }))
  const rest = {
    claim: { errors: [...new Set(errors.map(({ message }) => message))].sort() },
    source: `the logs of ${instances.length} instances of ${ctx.release.version}`,
    population: `${count} lines of ${instances.length} instances`,
    evidence:
      errors.length > 0 ? [await ctx.keep('errors.jsonl', 'application/jsonl', shown.join('\n'))] : [],
  }
  const [error] = errors
  if (error)
    return fail(
      `${errors.length} lines of level error or above, the first by ${error.instance}: ${error.message}`,
      rest,
    )
  const strange = logs.find(({ unparsed }) => unparsed.length > 0)
  if (strange)
    return unknown(
      `${strange.instance.id} wrote what is no log line: ${strange.unparsed[0]?.slice(0, 120)}`,
      rest,
    )
  return pass(`no line of level error among ${count} since the start`, rest)
}

async function logOf(ctx: CheckContext, instance: Instance): Promise<LogLines & { instance: Instance }> {
  const { id } = instance
  const logFile = await logFileOf(ctx.environment, instance)
  const log = await readLogLines(logFile, instance.startedAtMs, ctx.signal)
  const other = log.lines.find(
    ({ fields }) => fields.version !== undefined && fields.version !== ctx.release.version,
  )
  if (other)
    throw new CheckProblem(
      `${logFile}: has lines of ${String(other.fields.version)}, not of ${ctx.release.version} alone`,
    )
  if (log.lines.length === 0 && log.unparsed.length === 0)
    throw new CheckProblem(`${id} has written no line since it was started`)
  return { ...log, instance }
}
