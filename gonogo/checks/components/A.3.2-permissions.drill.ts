import { makeDemoKey, memorySigner, signStatement } from '#evidence/signatures.ts'
import type { CheckContext } from '../check.ts'
import type { DrillFault, DrillScratch } from '../drill.ts'
import { drillEnvironment, drillInstance, drillRelease, drillService } from '../drill-situation.ts'
import { type DrillMcp, startDrillMcp } from '../live/drill-mcp.ts'
import { type McpGround, mcpDrill, serving } from '../live/mcp-drill.ts'
import { statementOf } from './A.3.2-permissions.ts'

const config = { component: 'skills', review: 'review.json' }
const listing = (...hosts: string[]) => ({
  skills: [{ name: 'fetch', version: '1.0.0', permissions: { network: hosts, database: false }, tools: [] }],
})
const ADDED = ['fetch: network new.example']
const cy = makeDemoKey('cy')
const nia = makeDemoKey('nia')
const people = {
  cy: {
    name: 'Cy',
    contact: 'cy@drill.internal',
    emails: [],
    roles: ['security-lead'],
    backupFor: [],
    keys: [cy.publicKeyLine],
  },
  nia: {
    name: 'Nia',
    contact: 'nia@drill.internal',
    emails: [],
    roles: ['security-lead'],
    backupFor: [],
    keys: [nia.publicKeyLine],
  },
  bo: {
    name: 'Bo',
    contact: 'bo@drill.internal',
    emails: [],
    roles: ['sre-on-call'],
    backupFor: [],
    keys: [nia.publicKeyLine],
  },
}
const release = drillRelease({ authors: ['nia'] })

const common = mcpDrill(
  'A.3.2',
  () => config,
  () => ({ tools: {}, listing: listing('old.example', 'new.example') }),
  [
    signed('new permissions that nobody signed', null),
    signed('a signature over fewer permissions', { added: [] }),
    signed('a signature over another release', { release: '1.0.9' }),
    signed('a signature by somebody else’s key', { key: nia.privateKeyPem }),
    signed('signed by the author of the change', { person: 'nia', key: nia.privateKeyPem }),
    signed('signed by somebody of another role', { person: 'bo', key: nia.privateKeyPem }),
    signed('signed by nobody known', { person: 'zoe' }),
    serving('one more permission than was signed', (skills) => {
      skills.listing = listing('old.example', 'new.example', 'more.example')
    }),
    serving('a permission that is switched on', (skills) => {
      skills.listing = {
        skills: [
          { ...listing('old.example').skills[0], permissions: { network: ['old.example'], database: true } },
        ],
      }
    }),
    serving('no skill at all', (skills) => {
      skills.listing = { skills: [] }
    }),
    {
      name: 'no stable instance to compare with',
      expect: 'unknown',
      plant: async ({ context }) => ({
        context: { environment: drillEnvironment({ ...context?.environment, stables: async () => [] }) },
      }),
    },
  ],
)

type Signed = { person?: string; key?: string; added?: string[]; release?: string }

/** Another review than the ground's; none for null. */
function signed(name: string, change: Signed | null): DrillFault<McpGround> {
  return {
    name,
    expect: 'fail',
    plant: async (_ground, scratch) => {
      await scratch.write('review.json', change === null ? '' : await reviewText(change))
      return change === null ? { config: { ...config, review: 'gone.json' } } : {}
    },
  }
}

async function reviewText({
  person = 'cy',
  key = cy.privateKeyPem,
  added = ADDED,
  release: version,
}: Signed): Promise<string> {
  const about = { release: { ...release, ...(version === undefined ? {} : { version }) } }
  const made = await signStatement(statementOf(about, added, person), memorySigner(key))
  return JSON.stringify({ person, signature: made.ok ? made.signature : '' })
}

/** Staging runs the release, production the stable version. */
function contextOf(staging: DrillMcp, stable: DrillMcp): Partial<CheckContext> {
  const instance = drillInstance({ id: 'skills-0', component: 'skills', version: '1.0.0', url: stable.url })
  const production = drillEnvironment({ url: stable.url, stables: async () => [instance] })
  const other = staging.environment({ name: 'staging' })
  return {
    environment: production,
    environmentNamed: () => other,
    service: drillService({ staging: 'production', people }),
    release,
  }
}

export const drill = {
  ...common,
  ground: async (scratch: DrillScratch) => {
    const ground = await common.ground(scratch)
    const stable = await startDrillMcp({ tools: {}, listing: listing('old.example') })
    await scratch.write('review.json', await reviewText({}))
    return {
      ...ground,
      context: contextOf(ground.ground.server, stable),
      close: async () => {
        await ground.close?.()
        await stable.close()
      },
    }
  },
}
