import { readFile, rm, writeFile } from 'node:fs/promises'
import { backupDrill, recorded } from './backup-drill.ts'

const HOUR = 3_600_000

export const drill = backupDrill('2.1.5', [
  {
    name: 'a flipped byte in the backup',
    expect: 'fail',
    plant: async ({ ground }) => {
      const bytes = await readFile(ground.backup)
      const at = bytes.length - 10
      bytes[at] = (bytes[at] ?? 0) ^ 1
      await writeFile(ground.backup, bytes)
      return {}
    },
  },
  recorded('missing rows', 'fail', ({ content }) => ({
    content: { ...content, tables: content.tables.map((table) => ({ ...table, rows: table.rows + 1 })) },
  })),
  recorded('rows with other values', 'fail', ({ content }) => ({
    content: {
      ...content,
      tables: content.tables.map((table) => ({ ...table, checksum: `sha256:${'0'.repeat(64)}` })),
    },
  })),
  recorded('older than the recovery point', 'unknown', ({ takenAtMs }) => ({
    takenAtMs: takenAtMs - 2 * HOUR,
  })),
  recorded('a record that is not the log’s', 'unknown', () => ({ takenAtMs: 1 }), false),
  {
    name: 'the backup is gone',
    expect: 'unknown',
    plant: async ({ ground }) => {
      await rm(ground.backup)
      return {}
    },
  },
])
