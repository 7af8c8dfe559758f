import { drillRelease, drillStable } from '../drill-situation.ts'
import { databaseDrill, tampered } from '../live/migration-drill.ts'

const stable = drillStable({ schemaVersion: 1 })
const release = drillRelease({ artifact: 'release', schemaVersion: 2, backwardCompatible: false })
const common = databaseDrill('R6', [
  tampered('a migration that was not taken back', 'fail', 'file', 'PRAGMA user_version = 2'),
  tampered('a schema that neither version knows', 'fail', 'file', 'PRAGMA user_version = 7'),
  tampered('damaged data', 'fail', 'file', "UPDATE notes SET text = ''"),
])

export const drill = {
  ...common,
  ground: async (scratch: Parameters<typeof common.ground>[0]) => {
    const ground = await common.ground(scratch)
    return { ...ground, context: { ...ground.context, release, stable } }
  },
}
