import { databaseDrill, scripted, tampered } from '../live/migration-drill.ts'

export const drill = databaseDrill('A.4.1', [
  scripted('a way up that breaks', { up: "throw new Error('no such table')" }),
  scripted('a way up that does nothing', { up: 'process.exit(0)' }),
  tampered('staging was left behind', 'fail', 'staging', 'PRAGMA user_version = 1'),
  tampered('staging has broken data', 'fail', 'staging', "UPDATE notes SET text = ''"),
  tampered('an empty database', 'unknown', 'file', 'DELETE FROM notes'),
])
