import { databaseDrill, tampered } from '../live/migration-drill.ts'

export const drill = databaseDrill('2.2.4', [
  tampered('staging was left behind', 'fail', 'staging', 'PRAGMA user_version = 1'),
  tampered('staging is ahead', 'fail', 'staging', 'PRAGMA user_version = 3'),
  {
    name: 'a release that names no schema version',
    expect: 'unknown',
    plant: async ({ context }) => {
      const { schemaVersion: _none, ...release } = context?.release ?? {}
      return { context: { release: release as never } }
    },
  },
])
