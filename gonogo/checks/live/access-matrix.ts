import { z } from 'zod'
import type { Instance } from '#targets/target.ts'
import {
  type CheckContext,
  CheckProblem,
  type CheckResult,
  type EnvironmentAccess,
  fail,
  pass,
} from '../check.ts'
import { type Answer, jsonOf, probe } from './probe.ts'

/** Who may do what: every caller is tried on every endpoint; whoever is not named under `allow` must be refused. */
export const matrixSchema = z.strictObject({
  /** Callers with a token: name → key under `access:`. */
  callers: z.record(z.string(), z.string()).default({ user: 'userToken', admin: 'adminToken' }),
  /** Key of a token that has expired. */
  expired: z.string().default('expiredToken'),
  endpoints: z
    .array(
      z.strictObject({
        method: z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']).default('GET'),
        path: z.string().startsWith('/'),
        body: z.json().optional(),
        allow: z.array(z.string()),
      }),
    )
    .min(1),
})

export type Matrix = z.infer<typeof matrixSchema>
type Endpoint = Matrix['endpoints'][number]
type Caller = { readonly name: string; readonly token: string | undefined; readonly isKnown: boolean }
type Cell = { readonly endpoint: Endpoint; readonly caller: Caller }

const GARBAGE = 'not-a-token-of-this-service-000000'

/** Tries the whole matrix on one instance. Throws a CheckProblem when the matrix refuses nobody who has a token. */
export async function tryMatrix(
  ctx: CheckContext,
  environment: EnvironmentAccess,
  instance: Instance,
  matrix: Matrix,
): Promise<CheckResult> {
  const callers = await callersOf(environment, matrix)
  const known = Object.keys(matrix.callers)
  const stranger = matrix.endpoints.flatMap(({ allow }) => allow).find((name) => !known.includes(name))
  if (stranger !== undefined)
    throw new CheckProblem(`the matrix allows ${stranger}, who is not among its callers`)
  if (matrix.endpoints.every(({ allow }) => known.every((name) => allow.includes(name))))
    throw new CheckProblem(
      'the matrix refuses nobody who has a token; add an endpoint that needs another role',
    )
  if (matrix.endpoints.every(({ allow }) => allow.length === 0))
    throw new CheckProblem('the matrix allows nobody anything; add an endpoint with a caller under allow:')
  const cells = matrix.endpoints.flatMap((endpoint) => callers.map((caller) => ({ endpoint, caller })))
  const problems: string[] = []
  for (const cell of cells) {
    const problem = await problemOf(ctx, instance, cell)
    if (problem !== null) problems.push(problem)
  }
  const refused = cells.filter(({ endpoint, caller }) => !endpoint.allow.includes(caller.name)).length
  const rest = {
    claim: { cells: cells.map(cellName).sort(), problems },
    source: `${instance.id} at ${instance.url}`,
    population: `${cells.length} of ${cells.length} combinations, ${refused} of them to be refused`,
  }
  const [problem] = problems
  if (problem) return fail(`${problems.length} of ${cells.length} combinations are wrong: ${problem}`, rest)
  return pass(
    `${cells.length} combinations of caller and endpoint answer as declared, ${refused} by refusing`,
    rest,
  )
}

async function callersOf(environment: EnvironmentAccess, { callers, expired }: Matrix): Promise<Caller[]> {
  const known = await Promise.all(
    Object.entries(callers).map(async ([name, key]) => ({
      name,
      token: await environment.access(key),
      isKnown: true,
    })),
  )
  return [
    { name: 'no token', token: undefined, isKnown: false },
    { name: 'garbage', token: GARBAGE, isKnown: false },
    { name: 'expired', token: await environment.access(expired), isKnown: false },
    ...known,
  ]
}

async function problemOf(
  ctx: CheckContext,
  instance: Instance,
  { endpoint, caller }: Cell,
): Promise<string | null> {
  const { method, path, body, allow } = endpoint
  const answer = await probe(ctx.signal, instance.url, path, {
    method,
    ...(caller.token === undefined ? {} : { token: caller.token }),
    ...(body === undefined ? {} : { body: body as object }),
  })
  const said = `${caller.name} on ${method} ${path} gets ${answer.status}`
  if (answer.status === 429) throw new CheckProblem(`${answer.asked}: the rate limit is in the way (429)`)
  if (allow.includes(caller.name))
    return isServed(answer) ? null : `${said} ${answer.mediaType}, and is allowed`
  // A 404 to a stranger may be a route that is not there; only a refusal is one.
  const wanted = caller.isKnown ? 403 : 401
  return answer.status === wanted ? null : `${said}, not ${wanted}`
}

const isServed = (answer: Answer): boolean =>
  answer.status === 204 || (answer.status >= 200 && answer.status < 300 && jsonOf(answer) !== null)

const cellName = ({ endpoint: { method, path, allow }, caller }: Cell): string =>
  `${caller.name} ${method} ${path} ${allow.includes(caller.name) ? 'served' : 'refused'}`
