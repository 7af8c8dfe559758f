import { backupDrill, recorded } from '../backup/backup-drill.ts'
import { drillStable } from '../drill-situation.ts'

const HOUR = 3_600_000
const good = { verdict: 'pass', claim: null, summary: 'restored', evidence: [], atMs: 0 } as const
const stable = drillStable({ schemaVersion: 1 })

const common = backupDrill('A.4.5', [
  recorded('taken after the migration', 'fail', () => ({ schemaVersion: 2 })),
  recorded('a backup of another database', 'fail', () => ({ database: '/elsewhere.sqlite' })),
  recorded('older than the recovery point', 'unknown', ({ takenAtMs }) => ({
    takenAtMs: takenAtMs - 2 * HOUR,
  })),
])

type Ground = Awaited<ReturnType<typeof common.ground>>
type Results = NonNullable<Ground['context']>['resultOf']
/** 2.1.5's result beside 2.1.1's. */
const withRestore = (resultOf: Results, restored: unknown): Results =>
  ((item: string) => (item === '2.1.5' ? restored : (resultOf?.(item) ?? null))) as Results

export const drill = {
  ...common,
  ground: async (scratch: Parameters<typeof common.ground>[0]) => {
    const ground = await common.ground(scratch)
    return {
      ...ground,
      context: {
        ...ground.context,
        stable,
        resultOf: withRestore(ground.context?.resultOf, good),
      } as Ground['context'],
    }
  },
  faults: [
    ...common.faults.map((fault) => ({
      ...fault,
      plant: async (ground: Ground, scratch: Parameters<typeof common.ground>[0]) => {
        const planted = await fault.plant(ground as never, scratch)
        return {
          ...planted,
          context: { ...planted.context, resultOf: withRestore(planted.context?.resultOf, good) },
        }
      },
    })),
    {
      name: 'a backup that nobody restored',
      expect: 'unknown' as const,
      plant: async (ground: Ground) => ({
        context: { resultOf: withRestore(ground.context?.resultOf, null) },
      }),
    },
    {
      name: 'a backup that could not be restored',
      expect: 'fail' as const,
      plant: async (ground: Ground) => ({
        context: { resultOf: withRestore(ground.context?.resultOf, { ...good, verdict: 'fail' }) },
      }),
    },
  ],
}
