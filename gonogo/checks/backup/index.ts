import { drill as databaseBackupDrill } from './2.1.1-database-backup.drill.ts'
import { check as databaseBackup } from './2.1.1-database-backup.ts'
import { drill as configurationBackupDrill } from './2.1.2-configuration-backup.drill.ts'
import { check as configurationBackup } from './2.1.2-configuration-backup.ts'
import { drill as currentStateDrill } from './2.1.3-current-state.drill.ts'
import { check as currentState } from './2.1.3-current-state.ts'
import { drill as restoreDrill } from './2.1.5-restore.drill.ts'
import { check as restore } from './2.1.5-restore.ts'
export const checks = [databaseBackup, configurationBackup, currentState, restore] as const
export const drills = [
  databaseBackupDrill,
  configurationBackupDrill,
  currentStateDrill,
  restoreDrill,
] as const
