import { z } from 'zod'
import { type CheckContext, CheckProblem, type CheckResult, defineCheck, fail, pass } from '#checks/check.ts'
import { fillNames, readingEvidence } from '#checks/reading.ts'
import { readEvidenceFile } from '#connectors/evidence-file/index.ts'
import { type Handshake, shakeHands, type TlsHost } from '#connectors/tls/index.ts'

const DAY_MS = 86_400_000
const HTTPS_PORT = 443

const hostSchema = z
  .string()
  .regex(/^([a-z0-9.-]+|\[[0-9a-f:]+\])(:\d{1,5})?$/i, 'a host, with a port where it is not 443')

const config = z.strictObject({
  /** The environment's own public address over TLS: the name its certificate is for, and a private authority's PEM. */
  environment: z.strictObject({ servername: z.string().optional(), ca: z.string().optional() }).default({}),
  /** Every other public host: `api.service.com` or `api.service.com:8443`. */
  hosts: z
    .array(
      z.union([
        hostSchema,
        z.strictObject({
          host: hostSchema,
          /** The name on the certificate, where the host is only an address to reach it by. */
          servername: z.string().optional(),
          /** PEM file of a private authority. */
          ca: z.string().optional(),
        }),
      ]),
    )
    .default([]),
  /** PEM file of a private authority, for all of them. */
  ca: z.string().optional(),
  minimumDays: z.number().positive().default(30),
})

type Config = z.infer<typeof config>
type Declared = Exclude<Config['hosts'][number], string>

export const check = defineCheck<Config>({
  id: '1.3.6',
  title: 'SSL/TLS certificates valid',
  config,
  run: readingEvidence(run),
})

async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const hosts = await hostsOf(ctx, config)
  if (hosts.length === 0)
    throw new CheckProblem('no public host is known; add hosts: under checks: 1.3.6, or tls: to the target')
  const targets = await Promise.all(hosts.map((host) => targetOf(ctx, host, config.ca)))
  const seen = await Promise.all(
    targets.map(async (target) => ({ target, handshakes: await shakeHands(target, ctx.signal) })),
  )
  const all = seen.flatMap(({ target, handshakes }) => handshakes.map((handshake) => ({ target, handshake })))
  const problems = all.flatMap(({ target, handshake }) =>
    problemsOf(handshake, ctx.now(), config.minimumDays).map((problem) => `${nameOf(target)} ${problem}`),
  )
  const rest = {
    claim: {
      certificates: all.map(({ target, handshake }) => `${nameOf(target)} ${handshake.fingerprint}`).sort(),
      problems: problems.map((problem) => problem.replace(/\d+ day\(s\)/, 'too few days')).sort(),
    },
    source: `TLS handshakes with ${targets.map(nameOf).join(', ')}`,
    population: `${all.length} addresses of ${targets.length} hosts`,
  }
  if (problems.length > 0) return fail(problems.join('; '), rest)
  const soonest = Math.min(...all.map(({ handshake }) => daysLeft(handshake, ctx.now())))
  return pass(
    `${targets.length} of ${targets.length} hosts: trusted, for their name, valid for ${soonest} days or more`,
    rest,
  )
}

/** The declared hosts, and the environment's own addresses over TLS. */
async function hostsOf(ctx: CheckContext, config: Config): Promise<Declared[]> {
  const declared = config.hosts.map((host) => (typeof host === 'string' ? { host } : host))
  const { url, secureUrl } = await ctx.environment.target.observe()
  const own = [secureUrl, url.startsWith('https:') ? url : null].flatMap((text) =>
    text ? [{ ...config.environment, host: hostOf(new URL(text)) }] : [],
  )
  return [...declared, ...own.filter(({ host }) => !declared.some((one) => isSameHost(one.host, host)))]
}

/** With its port also where that is the scheme's own. */
const hostOf = (url: URL): string => `${url.hostname}:${url.port || HTTPS_PORT}`

function isSameHost(a: string, b: string): boolean {
  const [one, other] = [splitHost(a), splitHost(b)]
  return one.host === other.host && one.port === other.port
}

async function targetOf(
  ctx: CheckContext,
  { host: text, servername, ca }: Declared,
  sharedCa: string | undefined,
): Promise<TlsHost> {
  const { host, port } = splitHost(text)
  const file = ca ?? sharedCa
  const pem = file === undefined ? undefined : (await readEvidenceFile(ctx.root, fillNames(file, ctx))).text
  return { host, port, servername: servername ?? host, ca: pem }
}

function splitHost(text: string): { host: string; port: number } {
  const [, host = text, port] = /^(.*?)(?::(\d+))?$/.exec(text) ?? []
  return { host: host.replace(/^\[|\]$/g, ''), port: port === undefined ? HTTPS_PORT : Number(port) }
}

function problemsOf(handshake: Handshake, nowMs: number, minimumDays: number): string[] {
  const problems: string[] = []
  const days = daysLeft(handshake, nowMs)
  if (handshake.validFromMs > nowMs) problems.push('is not valid yet')
  if (days < 0) problems.push('has expired')
  else if (days <= minimumDays) problems.push(`expires in ${days} day(s), not more than ${minimumDays}`)
  if (Number.isNaN(days)) problems.push('does not say when it expires')
  if (handshake.chainProblem) problems.push(`has no trusted chain (${handshake.chainProblem})`)
  if (handshake.nameProblem) problems.push(`is for another name (${handshake.nameProblem})`)
  return problems.map((problem) => `at ${handshake.address} ${problem}`)
}

const daysLeft = (handshake: Handshake, nowMs: number): number =>
  Math.floor((handshake.validToMs - nowMs) / DAY_MS)
const nameOf = (target: TlsHost): string => `${target.servername}:${target.port}`
