import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { releaseInstances } from '../live/instances.ts'
import { type Answer, probe } from '../live/probe.ts'

const config = z.strictObject({
  /** A path that pages call. */
  path: z.string().startsWith('/'),
  /** Key under `access:` of an origin that may read answers. */
  origin: z.string().default('allowedOrigin'),
  token: z.string().default('userToken'),
  /** What such pages send, and what a preflight must therefore allow. */
  method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('POST'),
  headers: z.array(z.string()).default(['authorization', 'content-type']),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: 'A.1.3',
  title: 'CORS policies validated',
  config,
  limitMs: 30_000,
  run,
})

/** The allowed origin may read answers, look-alikes and strangers may not, and the preflight allows what pages send. */
async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const { environment } = ctx
  const [instance] = await releaseInstances(ctx, environment)
  const origin = await environment.access(config.origin)
  const token = await environment.access(config.token)
  const strangers = strangersOf(origin)
  const ask = (from: string) =>
    probe(ctx.signal, instance.url, config.path, { token, headers: { origin: from } })
  const preflight = (from: string) =>
    probe(ctx.signal, instance.url, config.path, {
      method: 'OPTIONS',
      headers: {
        origin: from,
        'access-control-request-method': config.method,
        'access-control-request-headers': config.headers.join(','),
      },
    })
  const problems = [
    ...allowedProblems(await ask(origin), origin, 'an answer'),
    ...allowedProblems(await preflight(origin), origin, 'the preflight'),
    ...preflightProblems(await preflight(origin), config),
  ]
  for (const stranger of strangers)
    for (const answer of [await ask(stranger), await preflight(stranger)])
      if (isReadableBy(answer, stranger)) problems.push(`${stranger} may read answers, too`)
  const rest = {
    claim: { path: config.path, strangers, problems: [...new Set(problems)] },
    source: `${config.path} at ${instance.url}`,
    population: `${strangers.length + 1} origins, each with and without a preflight`,
  }
  const [problem] = problems
  if (problem) return fail(problem, rest)
  return pass(
    `${origin} may read answers; ${strangers.length} of ${strangers.length} other origins may not`,
    rest,
  )
}

/** Origins that a careless comparison takes for the allowed one, and plain strangers. */
function strangersOf(origin: string): string[] {
  const { protocol, host } = new URL(origin)
  const other = protocol === 'https:' ? 'http:' : 'https:'
  return [
    `${protocol}//${host}.evil.example`,
    `${protocol}//evil-${host}`,
    `${other}//${host}`,
    'https://evil.example',
    'null',
  ]
}

const allowed = ({ headers }: Answer): string | null => headers.get('access-control-allow-origin')

const isReadableBy = (answer: Answer, origin: string): boolean =>
  allowed(answer) === '*' || allowed(answer) === origin

function allowedProblems(answer: Answer, origin: string, what: string): string[] {
  const found = allowed(answer)
  if (found === '*') {
    const withCredentials = answer.headers.get('access-control-allow-credentials') === 'true'
    return [withCredentials ? `${what} allows * with credentials` : `${what} allows every origin (*)`]
  }
  if (found !== origin) return [`${what} allows ${found ?? 'no origin'}, not ${origin}`]
  const vary = (answer.headers.get('vary') ?? '').toLowerCase()
  return /\borigin\b|\*/.test(vary)
    ? []
    : [`${what} does not vary by Origin, so that a cache gives it to others`]
}

function preflightProblems({ status, headers }: Answer, config: Config): string[] {
  if (status < 200 || status > 299) return [`the preflight answers ${status}`]
  const methods = wordsOf(headers.get('access-control-allow-methods'))
  const names = wordsOf(headers.get('access-control-allow-headers'))
  const missing = config.headers.filter((name) => !names.includes(name.toLowerCase()))
  return [
    ...(methods.includes(config.method.toLowerCase())
      ? []
      : [`the preflight does not allow ${config.method}`]),
    ...missing.map((name) => `the preflight does not allow the header ${name}`),
  ]
}

const wordsOf = (text: string | null): string[] =>
  (text ?? '')
    .toLowerCase()
    .split(',')
    .map((word) => word.trim())
