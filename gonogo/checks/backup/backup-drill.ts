import { readFile, writeFile } from 'node:fs/promises'
import { sha256 } from '#core/json.ts'
import type { CheckContext, RecordedResult } from '../check.ts'
import type { Drill, DrillFault, DrillGround, DrillScratch } from '../drill.ts'
import { contextOf, type DatabaseGround, databaseSituation } from '../live/migration-drill.ts'
import { drillContext } from '../try-drill.ts'
import { check as backup } from './2.1.1-database-backup.ts'
import { type BackupRecord, backupFile } from './backup-record.ts'

export type BackupGround = DatabaseGround & { readonly backup: string; readonly taken: RecordedResult }

const config = { folder: 'backups' }

/** A situation in which 2.1.1 has taken its backup, by 2.1.1 itself. */
export async function backupSituation(scratch: DrillScratch): Promise<DrillGround<BackupGround>> {
  const { ground, context } = await databaseSituation(scratch)
  const ctx = { ...drillContext(scratch.folder, '2.1.1'), ...context } as CheckContext
  const { verdict, claim, summary, evidence = [] } = await backup.run(ctx, config)
  const taken: RecordedResult = { verdict, claim, summary, evidence, atMs: Date.now() }
  return {
    config,
    context: { ...context, resultOf: (item) => (item === '2.1.1' ? taken : null) },
    ground: { ...ground, backup: backupFile(ctx, config.folder), taken },
  }
}

/** Changes the record that lies beside the backup; `inLog` makes the log agree with it, as if it had been taken so. */
export const recorded = (
  name: string,
  expect: 'fail' | 'unknown',
  change: (record: BackupRecord) => Partial<BackupRecord>,
  inLog = true,
): DrillFault<BackupGround> => ({
  name,
  expect,
  plant: async ({ ground }) => {
    const path = `${ground.backup}.json`
    const record = JSON.parse(await readFile(path, 'utf8')) as BackupRecord
    const text = JSON.stringify({ ...record, ...change(record) })
    await writeFile(path, text)
    const evidence = [
      { name: 'backup.json', mediaType: 'application/json', digest: sha256(text), bytes: text.length },
    ]
    const taken = inLog ? { ...ground.taken, evidence } : ground.taken
    return { context: { ...contextOf(ground), resultOf: () => taken } }
  },
})

export const notTaken: DrillFault<BackupGround> = {
  name: 'no backup was taken',
  expect: 'unknown',
  plant: async () => ({ context: { resultOf: () => null } }),
}

export const backupDrill = (
  item: string,
  faults: readonly DrillFault<BackupGround>[],
): Drill<BackupGround> => ({
  item,
  ground: backupSituation,
  faults: [...faults, notTaken],
})
