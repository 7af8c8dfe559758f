import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { isObject, type ReadyReport, readyReports } from '../live/readiness.ts'

const config = z.strictObject({
  /** What the service depends on, by the names its instances report. */
  dependencies: z.array(z.string()).min(1),
  /** Field of the readiness answer that tells of them: `{ name: { ok } }`. */
  field: z.string().default('dependencies'),
})

type Config = z.infer<typeof config>
type Word = {
  readonly component: string
  readonly name: string
  readonly ok: boolean
  readonly error: string
}

export const check = defineCheck<Config>({
  id: '3.3.1.6',
  title: 'Verify external dependencies',
  config,
  limitMs: 20_000,
  run,
})

/** Every declared dependency answers those new instances that need it, by their own word: what is reachable from here proves nothing. */
async function run(ctx: CheckContext, { dependencies, field }: Config): Promise<CheckResult> {
  const reports = await readyReports(ctx, ctx.environment)
  const source = reports.map(({ answer }) => answer.asked).join(', ')
  const page = reports.find(({ body }) => body === null)
  if (page)
    return fail(
      `${page.answer.asked} answers ${page.answer.mediaType || 'no media type'}, not a JSON object`,
      {
        claim: { answering: [] },
        source,
      },
    )
  const words = reports.flatMap((report) => wordsOf(report, field))
  const silent = dependencies.find((name) => !words.some((word) => word.name === name))
  if (silent)
    throw new CheckProblem(`no new instance says anything of ${silent} under ${field} on its readiness path`)
  const bad = words.filter((word) => dependencies.includes(word.name) && !word.ok)
  const rest = {
    claim: {
      answering: [...dependencies].sort().filter((name) => !bad.some((word) => word.name === name)),
      refusing: bad.map(({ component, name }) => `${name} from ${component}`).sort(),
    },
    source,
    population: `${dependencies.length} of ${dependencies.length} dependencies, told by ${reports.length} instances`,
  }
  const [first] = bad
  if (first) return fail(`${first.name} does not answer ${first.component}: ${first.error}`, rest)
  return pass(`${dependencies.join(', ')} answer every instance that needs them`, rest)
}

function wordsOf({ instance: { component }, body }: ReadyReport, field: string): Word[] {
  const told = body?.[field]
  if (!isObject(told)) return []
  return Object.entries(told).map(([name, state]) => {
    const ok = isObject(state) && state.ok === true
    return { component, name, ok, error: String((isObject(state) && state.error) || 'no reason given') }
  })
}
