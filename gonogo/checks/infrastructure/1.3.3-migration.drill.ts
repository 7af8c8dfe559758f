import { databaseDrill, scripted, tampered } from '../live/migration-drill.ts'

export const drill = databaseDrill('1.3.3', [
  tampered('an empty database', 'unknown', 'file', 'DELETE FROM notes'),
  scripted('a way up that breaks', { up: "throw new Error('no such table')" }),
  scripted('a way up that loses a row', {
    up: "db.exec('ALTER TABLE notes ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0; DELETE FROM notes WHERE id = 2')",
  }),
  scripted('a way down that does nothing', { down: '' }),
  scripted('a way down that loses text', {
    down: 'db.exec("ALTER TABLE notes DROP COLUMN pinned; UPDATE notes SET text = \'x\'")',
  }),
  scripted('a way down that breaks', { down: "throw new Error('not written yet')" }),
])
