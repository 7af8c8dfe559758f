import { join } from 'node:path'
import type { Timeline } from '../check.ts'
import { type DrillFault, type DrillScratch, defineDrill } from '../drill.ts'
import { drillEnvironment, drillInstance, drillStable } from '../drill-situation.ts'

const DEPLOYED = Date.parse('2026-01-01T12:00:00Z')
const NOW = DEPLOYED + 3_600_000
const line = (level: string, time: string, msg: string) =>
  JSON.stringify({ level, time: `2026-01-01T${time}Z`, msg })

/** The old version's known error, and what it says when all is well. */
const OLD = [line('info', '11:30:00', 'request'), line('error', '11:30:01', 'upstream 7 timed out')].join(
  '\n',
)
const GOOD = [line('info', '12:00:01', 'request'), line('error', '12:10:00', 'upstream 31 timed out')].join(
  '\n',
)

async function situation(scratch: DrillScratch, canary: string | null, stable: string) {
  await scratch.write('stable.log', stable)
  if (canary !== null) await scratch.write('canary.log', canary)
  const logs = {
    canary: canary === null ? null : join(scratch.folder, 'canary.log'),
    stable: join(scratch.folder, 'stable.log'),
  }
  const { version } = drillStable()
  return {
    context: {
      now: () => NOW,
      timeline: { candidateDeployedAtMs: DEPLOYED } as Timeline,
      environment: drillEnvironment({
        candidates: async () => [drillInstance({ logFile: logs.canary })],
        stables: async () => [drillInstance({ version, logFile: logs.stable })],
      }),
    },
  }
}

const logging = (
  name: string,
  expect: 'fail' | 'unknown',
  canary: string | null,
  stable = OLD,
): DrillFault<null> => ({
  name,
  expect,
  plant: (_ground, scratch) => situation(scratch, canary, stable),
})

export const drill = defineDrill<null>({
  item: '4.1.2',
  ground: async (scratch) => ({ config: {}, ground: null, ...(await situation(scratch, GOOD, OLD)) }),
  faults: [
    logging(
      'a kind of error that was not there',
      'fail',
      `${GOOD}\n${line('error', '12:20:00', 'no slot for caller')}`,
    ),
    logging(
      'a known error that the old version has not had',
      'fail',
      GOOD,
      line('info', '11:30:00', 'request'),
    ),
    logging(
      'a known error that is older than the comparison',
      'fail',
      GOOD,
      line('error', '09:00:00', 'upstream 7 timed out'),
    ),
    logging('an empty log', 'unknown', ''),
    logging('the log of before the deployment', 'unknown', OLD),
    logging('no log kept', 'unknown', null),
  ],
})
