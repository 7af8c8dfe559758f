import { z } from 'zod'
import { readLogLines } from '#connectors/log-lines/index.ts'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { logFileOf } from '../live/instances.ts'

const VERBOSE = ['debug', 'trace']
/** Clocks of two machines. */
const AHEAD_MS = 5000

const config = z.strictObject({
  /** The level that the logs were set to. */
  level: z.enum(['debug', 'trace']),
  /** How old the line that shows it may be, in seconds. */
  within: z.number().positive().max(3600).default(600),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: '2.4.3',
  title: 'Logging levels adjusted',
  config,
  bound: (service) => service.checks['2.4.3'] !== undefined,
  limitMs: 20_000,
  run,
})

/** Each instance of the public component that users have now has written a line of that level, or a more verbose one, lately. */
async function run(ctx: CheckContext, { level, within }: Config): Promise<CheckResult> {
  const { environment } = ctx
  const instances = (await environment.stables()).filter(({ isPublic }) => isPublic)
  if (instances.length === 0)
    throw new CheckProblem(`no instance of a stable version runs in ${environment.name}: nothing logs`)
  const now = ctx.now()
  const sinceMs = now - within * 1000
  const wanted = VERBOSE.slice(VERBOSE.indexOf(level))
  const seen = await Promise.all(
    instances.map(async (instance) => {
      const { lines } = await readLogLines(await logFileOf(environment, instance), sinceMs, ctx.signal)
      // A line without a time may be of any age.
      const recent = lines.filter(({ atMs }) => atMs !== null && atMs <= now + AHEAD_MS)
      return {
        id: instance.id,
        lines: recent.length,
        verbose: recent.filter((line) => wanted.includes(line.level)).length,
      }
    }),
  )
  const silent = seen.find(({ lines }) => lines === 0)
  if (silent) throw new CheckProblem(`${silent.id} has written no line with a time for ${within} s`)
  const rest = {
    claim: { level },
    source: `the logs of ${instances.length} instances in ${environment.name}`,
    population: `${seen.reduce((sum, { lines }) => sum + lines, 0)} lines of ${instances.length} instances`,
  }
  const quiet = seen.find(({ verbose }) => verbose === 0)
  if (quiet)
    return fail(`${quiet.id} wrote ${quiet.lines} lines in ${within} s, none of level ${level}`, rest)
  return pass(`every instance writes lines of level ${level}`, rest)
}
