import { isIP } from 'node:net'
import { z } from 'zod'
import { type CheckContext, type CheckResult, defineCheck, fail, pass, unknown } from '#checks/check.ts'
import { readingEvidence } from '#checks/reading.ts'
import { askAuthority, askResolver, type DnsServer, RECORD_TYPES, spellName } from '#connectors/dns/index.ts'

const DNS_PORT = 53

/** `192.0.2.1`, `192.0.2.1:5353`, `[2001:db8::1]:5353`. A name would have to be looked up first. */
const serverSchema = z
  .string()
  .transform((text) => {
    const [, bracketed, plain, port] =
      /^(?:\[([0-9a-f:]+)\]|([0-9.]+|[0-9a-f]*:[0-9a-f:]+?))(?::(\d{1,5}))?$/i.exec(text) ?? []
    return { address: bracketed ?? plain ?? '', port: port === undefined ? DNS_PORT : Number(port) }
  })
  .refine((server) => isIP(server.address) !== 0, 'an IP address, with a port where it is not 53')

const config = z
  .strictObject({
    /** The server that has the zone. */
    authoritative: serverSchema,
    /** Two or more that clients use. */
    resolvers: z.array(serverSchema).min(2),
    records: z
      .array(
        z.strictObject({
          name: z.string().min(1),
          type: z.enum(RECORD_TYPES).default('A'),
          values: z.array(z.string().min(1)).min(1),
        }),
      )
      .min(1),
  })
  .refine((c) => new Set([c.authoritative, ...c.resolvers].map(nameOf)).size === c.resolvers.length + 1, {
    message: 'the authoritative server and the resolvers must be different servers',
  })

type Config = z.infer<typeof config>
type Declared = Config['records'][number]

export const check = defineCheck<Config>({
  id: '1.3.7',
  title: 'DNS records verified',
  config,
  run: readingEvidence(run),
})

async function run(ctx: CheckContext, config: Config): Promise<CheckResult> {
  const answers = await Promise.all(config.records.map((record) => askAll(ctx, config, record)))
  const rest = {
    claim: answers.map(({ record, heard }) => ({ name: record.name, type: record.type, heard })),
    source: `${nameOf(config.authoritative)} (authoritative), ${config.resolvers.map(nameOf).join(', ')}`,
    population: `${answers.length} records at ${config.resolvers.length + 1} servers`,
  }
  const cached = answers.find(({ authoritative }) => !authoritative)
  if (cached)
    return unknown(
      `${nameOf(config.authoritative)} has no authority for ${cached.record.name}: its answer is one it remembers`,
      rest,
    )
  const wrong = answers.flatMap(({ record, heard }) =>
    heard
      .filter(({ values }) => !equal(values, record))
      .map(({ server, values }) => describe(record, server, values)),
  )
  if (wrong.length > 0) return fail(wrong.join('; '), rest)
  const count = `${answers.length} of ${answers.length} records`
  return pass(
    `${count} are as declared at the authoritative server and ${config.resolvers.length} resolvers`,
    rest,
  )
}

async function askAll(ctx: CheckContext, config: Config, record: Declared) {
  const [authority, ...others] = await Promise.all([
    askAuthority(config.authoritative, record.name, record.type, ctx.signal),
    ...config.resolvers.map((server) => askResolver(server, record.name, record.type)),
  ])
  const heard = [
    { server: nameOf(config.authoritative), values: authority.values },
    ...others.map((values, i) => ({ server: nameOf(config.resolvers[i] ?? config.authoritative), values })),
  ]
  return { record, heard, authoritative: authority.authoritative }
}

function equal(values: readonly string[], record: Declared): boolean {
  const wanted = record.type === 'TXT' ? record.values : record.values.map(spellName)
  return [...wanted].sort().join('\n') === [...values].sort().join('\n')
}

const describe = (record: Declared, server: string, values: readonly string[]): string =>
  `${server} answers ${values.join(', ') || 'nothing'} for ${record.name} ${record.type}, declared is ${record.values.join(', ')}`

function nameOf(server: DnsServer): string {
  return server.port === DNS_PORT ? server.address : `${server.address}:${server.port}`
}
