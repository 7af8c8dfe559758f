import { createHmac, randomBytes } from 'node:crypto'
import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '../check.ts'
import { releaseInstances } from '../live/instances.ts'
import { type Described, describedOperations, openApiOf } from '../live/live-openapi.ts'
import { jsonOf, probe } from '../live/probe.ts'
import { readingEvidence } from '../reading.ts'

const config = z.strictObject({
  document: z.string().startsWith('/').default('/openapi.json'),
  /** Paths that everyone may reach; all others of the document must refuse. */
  public: z.array(z.string()).default(['/health', '/ready', '/metrics', '/openapi.json']),
  token: z.string().default('userToken'),
  expired: z.string().default('expiredToken'),
})

type Config = z.infer<typeof config>

export const check = defineCheck<Config>({
  id: 'A.1.2',
  title: 'Authentication middleware verified',
  config,
  bound: (service, release) =>
    release.components.includes('gateway') && Object.hasOwn(service.checks, '3.3.2.4'),
  limitMs: 60_000,
  run: readingEvidence(run),
})

/** Every route that is not public refuses whoever has no token of this service, whatever it looks like. */
async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const { environment } = ctx
  const [instance] = await releaseInstances(ctx, environment)
  const source = `${instance.url}${config.document}`
  const { document, problem } = await openApiOf(ctx, instance, config.document)
  if (!document) return fail(problem, { claim: { routes: [] }, source })
  const routes = describedOperations(document).filter(({ path }) => !config.public.includes(path))
  if (routes.length === 0)
    throw new CheckProblem(`${source}: every route is public; there is nothing to refuse`)
  const impostors = await impostorsOf(environment.access(config.expired))
  const problems: string[] = []
  for (const route of routes)
    for (const { name, token } of impostors) {
      const { status } = await probe(ctx.signal, instance.url, pathOf(route), {
        method: route.method,
        ...(token === undefined ? {} : { token }),
      })
      if (status !== 401) problems.push(`${route.method} ${route.path} answers ${status} to ${name}, not 401`)
    }
  const served = await servesSomething(ctx, instance.url, routes, await environment.access(config.token))
  if (!served) problems.push('no route serves a user with a token: refusing everyone proves nothing')
  const tried = routes.length * impostors.length
  const rest = {
    claim: { routes: routes.map(({ method, path }) => `${method} ${path}`).sort(), problems },
    source,
    population: `${tried} of ${tried} attempts on ${routes.length} routes`,
  }
  const [first] = problems
  if (first) return fail(`${problems.length} of ${tried} attempts: ${first}`, rest)
  return pass(
    `${routes.length} of ${routes.length} routes refuse ${impostors.map(({ name }) => name).join(', ')}`,
    rest,
  )
}

type Impostor = { readonly name: string; readonly token: string | undefined }

async function impostorsOf(expired: Promise<string>): Promise<Impostor[]> {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { sub: 'admin', roles: ['admin'], aud: 'another-service', exp: 4_102_444_800 }
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
  const signature = createHmac('sha256', randomBytes(32)).update(signed).digest('base64url')
  return [
    { name: 'no token', token: undefined },
    { name: 'garbage', token: 'not-a-token-of-this-service-000000' },
    { name: 'an expired token', token: await expired },
    {
      name: 'alg: none',
      token: `${part({ alg: 'none', typ: 'JWT' })}.${part({ ...claims, aud: undefined })}.`,
    },
    { name: 'another audience', token: `${signed}.${signature}` },
  ]
}

const pathOf = ({ path }: Described): string =>
  path.replaceAll(/\{\w+\}/g, '00000000-0000-4000-8000-000000000000')

async function servesSomething(
  ctx: CheckContext,
  url: string,
  routes: readonly Described[],
  token: string,
): Promise<boolean> {
  for (const route of routes.filter(({ method, path }) => method === 'GET' && !path.includes('{'))) {
    const answer = await probe(ctx.signal, url, route.path, { token })
    if (answer.status >= 200 && answer.status < 300 && jsonOf(answer) !== null) return true
  }
  return false
}
