import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { z } from 'zod'
import { type LogLines, readLogLines } from '#connectors/log-lines/index.ts'
import type { Instance } from '#targets/target.ts'
import { type CheckContext, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { logFileOf, releaseInstances } from '../live/instances.ts'
import { jsonOf, probe } from '../live/probe.ts'
import { readingEvidence } from '../reading.ts'

const LOOK_EVERY_MS = 100
const WRITTEN_WITHIN_MS = 5000

const config = z.strictObject({
  /** A path that takes a POST; what is sent there is refused, so that nothing comes of it. */
  path: z.string().startsWith('/'),
  token: z.string().default('userToken'),
  /** Header that carries the request's id, both ways. */
  idHeader: z.string().default('x-request-id'),
  /** Fields of a log line. */
  fields: z
    .strictObject({
      id: z.string().default('id'),
      status: z.string().default('status'),
      duration: z.string().default('durationMs'),
    })
    .prefault({}),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: 'A.1.4',
  title: 'Request logging enabled',
  config,
  limitMs: 30_000,
  run: readingEvidence(run),
})

/** A marked request is found in the instance's log, once, with status and duration, and nothing secret of it. */
async function run(ctx: CheckContext, { path, token: key, idHeader, fields }: Config): Promise<CheckResult> {
  const { environment } = ctx
  const [instance] = await releaseInstances(ctx, environment)
  const token = await environment.access(key)
  const [marker, secret] = [
    `gonogo-${randomBytes(8).toString('hex')}`,
    `body-${randomBytes(8).toString('hex')}`,
  ]
  const since = Date.now() - 1000
  const answer = await probe(ctx.signal, instance.url, `${path}?q=${secret}`, {
    method: 'POST',
    token,
    headers: { [idHeader]: marker },
    body: { [secret]: secret },
  })
  const source = instance.logFile ?? `the log of ${instance.id}`
  const rest = { source, population: '1 marked request' }
  if (jsonOf(answer) === null)
    return fail(`${path} answers ${answer.mediaType || 'no media type'}, not JSON`, {
      ...rest,
      claim: { path },
    })
  const id = answer.headers.get(idHeader) ?? marker
  const log = await logWith(ctx, instance, since, (line) => line[fields.id] === id)
  const problems = problemsOf(log, id, answer.status, fields)
  const text = log.lines.map((line) => JSON.stringify(line.fields)).join('\n') + log.unparsed.join('\n')
  if (text.includes(token)) problems.push('the log holds the caller’s token')
  if (text.includes(secret)) problems.push('the log holds what the caller sent')
  const [problem] = problems
  if (problem) return fail(problem, { ...rest, claim: { path, problems } })
  return pass(
    `a marked request is in the log with its id, status ${answer.status} and duration, without token and body`,
    {
      ...rest,
      claim: { path, problems },
    },
  )
}

/** The log, as soon as it has such a line; else as it is after a while. */
async function logWith(
  ctx: CheckContext,
  instance: Instance,
  since: number,
  wanted: (fields: Readonly<Record<string, unknown>>) => boolean,
): Promise<LogLines> {
  const until = performance.now() + WRITTEN_WITHIN_MS
  while (true) {
    const log = await readLogLines(await logFileOf(ctx.environment, instance), since, ctx.signal)
    if (log.lines.some((line) => wanted(line.fields)) || performance.now() > until) return log
    await wait(LOOK_EVERY_MS, undefined, { signal: ctx.signal })
  }
}

function problemsOf({ lines }: LogLines, id: string, status: number, fields: Config['fields']): string[] {
  const found = lines.filter((line) => line.fields[fields.id] === id)
  // Other lines may tell of the same request; the request's own line has a status.
  const own = found.filter((line) => line.fields[fields.status] !== undefined)
  const [line] = own
  if (!line)
    return [
      found.length > 0
        ? `the request’s line has no ${fields.status}`
        : 'the marked request is not in the log',
    ]
  if (own.length > 1) return [`the request is in the log ${own.length} times`]
  const problems: string[] = []
  if (Number(line.fields[fields.status]) !== status)
    problems.push(`the log says ${String(line.fields[fields.status])}, the answer was ${status}`)
  const duration = line.fields[fields.duration]
  if (typeof duration !== 'number' || !(duration >= 0))
    problems.push(`the request’s line has no ${fields.duration}`)
  return problems
}
