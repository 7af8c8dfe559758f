import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type DrillFault, type DrillScratch, defineDrill } from '#checks/drill.ts'
import { drillRelease, drillService, drillStable } from '#checks/drill-situation.ts'
import type { Json } from '#core/json.ts'

const FILE = 'rehearsal.json'

const rehearsal = (more: Record<string, Json> = {}): string =>
  JSON.stringify({
    rehearsal: 1,
    environment: 'staging',
    from: '1.1.0',
    digest: drillRelease().digest,
    to: '1.0.0',
    restored: true,
    durationMs: 4200,
    trafficZeroMs: 30,
    at: new Date().toISOString(),
    ...more,
  })

async function ground(scratch: DrillScratch) {
  await scratch.write(FILE, rehearsal())
  const environments = {
    production: { target: { kind: 'processes' } },
    staging: { target: { kind: 'processes' } },
  }
  const service = drillService({ environments, staging: 'staging' })
  return {
    config: { rehearsal: FILE },
    context: { service, release: drillRelease(), stable: drillStable() },
    ground: null,
  }
}

const withRecord = (
  name: string,
  expect: 'fail' | 'unknown',
  more: Record<string, Json>,
): DrillFault<null> => ({
  name,
  expect,
  plant: async (_ground, scratch) => {
    await scratch.write(FILE, rehearsal(more))
    return {}
  },
})

export const drill = defineDrill<null>({
  item: '1.4.3',
  ground,
  faults: [
    {
      name: 'an estimate never measured',
      expect: 'unknown',
      plant: async (_ground, scratch) => {
        await rm(join(scratch.folder, FILE))
        return {}
      },
    },
    withRecord('a rehearsal that did not restore the version before', 'fail', { restored: false }),
    withRecord('a rehearsal of another artifact', 'unknown', { digest: `sha256:${'9'.repeat(64)}` }),
    withRecord('a rehearsal somewhere else', 'unknown', { environment: 'laptop' }),
    withRecord('a rehearsal of another way back', 'unknown', { to: '0.9.0' }),
    withRecord('a rehearsal of last year', 'unknown', { at: '2020-01-01T00:00:00Z' }),
  ],
})
