import { databaseDrill, scripted, tampered } from '../live/migration-drill.ts'

export const drill = databaseDrill('A.4.3', [
  scripted('zero checks', { checks: [] }),
  scripted('a check that finds something wrong after the migration', {
    up: 'db.exec("ALTER TABLE notes ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0; UPDATE notes SET text = \'\' WHERE id = 1")',
  }),
  scripted('a count that changes', {
    up: 'db.exec("ALTER TABLE notes ADD COLUMN pinned INTEGER NOT NULL DEFAULT 0; INSERT INTO notes (text) VALUES (\'four\')")',
  }),
  tampered('a corrupted row before the migration', 'fail', 'file', "UPDATE notes SET text = '' WHERE id = 3"),
  tampered('an empty database', 'unknown', 'file', 'DELETE FROM notes'),
])
