import { join } from 'node:path'
import type { DrillFault } from '../drill.ts'
import { type DatabaseGround, databaseDrill, tamper, tampered } from '../live/migration-drill.ts'

const config = { folder: 'backups' }
/** A program that takes the backup, badly. */
const taking = (name: string, expect: 'fail' | 'unknown', script: string): DrillFault<DatabaseGround> => ({
  name,
  expect,
  plant: async (_ground, scratch) => {
    await scratch.write('take.mjs', script)
    return { config: { ...config, command: ['node', 'take.mjs', '${database}', '${backup}'] } }
  },
})

const copying = (then: string) => `
import { copyFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
copyFileSync(process.argv[2], process.argv[3])
const db = new DatabaseSync(process.argv[3])
${then}
db.close()`

const common = databaseDrill('2.1.1', [
  taking(
    'an empty dump',
    'fail',
    "import { writeFileSync } from 'node:fs'\nwriteFileSync(process.argv[3], '')",
  ),
  taking('a dump without rows', 'fail', copying("db.exec('DELETE FROM notes')")),
  taking('a dump that misses a row', 'fail', copying("db.exec('DELETE FROM notes WHERE id = 3')")),
  taking(
    'a dump with another value',
    'fail',
    copying('db.exec("UPDATE notes SET text = \'x\' WHERE id = 1")'),
  ),
  taking(
    'a dump of another database',
    'fail',
    copying("db.exec('DROP TABLE notes; CREATE TABLE others (id); INSERT INTO others VALUES (1)')"),
  ),
  taking('no dump at all', 'unknown', ''),
  taking('a program that fails', 'unknown', 'process.exit(1)'),
  tampered('an empty database', 'fail', 'file', 'DELETE FROM notes'),
  {
    name: 'a flipped byte in the backup',
    expect: 'fail',
    plant: async ({ ground }, scratch) => {
      tamper(
        ground.file,
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) INSERT INTO notes (text) SELECT 'note ' || i FROM n",
      )
      await scratch.write('flip.mjs', FLIP)
      return { config: { ...config, command: ['node', 'flip.mjs', '${database}', '${backup}'] } }
    },
  },
  {
    name: 'a backup beside the database',
    expect: 'unknown',
    plant: async () => ({ config: { folder: '.' } }),
  },
])

const FLIP = `
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs'
copyFileSync(process.argv[2], process.argv[3])
const bytes = readFileSync(process.argv[3])
// Wherever it stands: pages keep old copies of what moved.
for (let at = bytes.indexOf('note 77'); at >= 0; at = bytes.indexOf('note 77', at + 1)) bytes[at] = bytes[at] ^ 1
writeFileSync(process.argv[3], bytes)`

export const drill = {
  ...common,
  ground: async (scratch: Parameters<typeof common.ground>[0]) => {
    await scratch.write(join('backups', '.keep'), '')
    return { ...(await common.ground(scratch)), config }
  },
}
