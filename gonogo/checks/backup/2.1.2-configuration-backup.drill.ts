import { chmod } from 'node:fs/promises'
import { join } from 'node:path'
import { type DrillScratch, defineDrill } from '../drill.ts'
import { drillEnvironment, drillService, drillStable, observing } from '../drill-situation.ts'

const SECRET = 'drill-user-token-000000000001'
const config = { folder: 'backups', keyFile: 'backup.key' }
const { version, digest } = drillStable()
const workload = { version, digest, artifact: '.', replicas: 1, config: { LEVEL: 'info' } }

function context(stableWorkload: typeof workload | null) {
  const target = observing([], { stableWorkload })
  return {
    environment: drillEnvironment({ target, access: async () => SECRET }),
    service: drillService({
      environments: {
        production: { target: { kind: 'processes' }, access: { userToken: '${env:DRILL_TOKEN}' } },
      },
    }),
  }
}

async function key(scratch: DrillScratch, bytes: number, mode = 0o600) {
  await chmod(await scratch.write('backup.key', 'k'.repeat(bytes)), mode)
}

export const drill = defineDrill<null>({
  item: '2.1.2',
  ground: async (scratch) => {
    await key(scratch, 32)
    await scratch.write('backups/older.config', 'nothing of note')
    return { config, ground: null, context: context(workload) }
  },
  faults: [
    {
      name: 'a copy in clear text beside it',
      expect: 'fail',
      plant: async (_ground, scratch) => {
        await scratch.write('backups/older.config', `userToken: ${SECRET}`)
        return {}
      },
    },
    {
      name: 'a key that can be guessed',
      expect: 'unknown',
      plant: async (_ground, scratch) => {
        await key(scratch, 8)
        return {}
      },
    },
    {
      name: 'a key that others may read',
      expect: 'unknown',
      plant: async (_ground, scratch) => {
        await key(scratch, 32, 0o644)
        return {}
      },
    },
    {
      name: 'the key beside what it encrypts',
      expect: 'unknown',
      plant: async (_ground, scratch) => {
        const file = await scratch.write(join('backups', 'the.key'), 'k'.repeat(32))
        await chmod(file, 0o600)
        return { config: { ...config, keyFile: 'backups/the.key' } }
      },
    },
    { name: 'nothing deployed', expect: 'unknown', plant: async () => ({ context: context(null) }) },
  ],
})
