import { databaseDrill, scripted, tampered } from '../live/migration-drill.ts'

export const drill = databaseDrill('A.4.2', [
  scripted('a way down that does nothing', { down: '' }),
  scripted('a way down that changes nothing and exits at once', { down: 'process.exit(0)' }),
  scripted('a way down that loses a row', {
    down: "db.exec('ALTER TABLE notes DROP COLUMN pinned; DELETE FROM notes WHERE id = 2')",
  }),
  scripted('a way down that leaves a table behind', {
    down: "db.exec('ALTER TABLE notes DROP COLUMN pinned; CREATE TABLE left (id)')",
  }),
  tampered('an empty database', 'unknown', 'file', 'DELETE FROM notes'),
])
