import { drill } from './R4-previous-version.drill.ts'
import { previousVersion } from './R4-previous-version.ts'
import { drill as healthDrill } from './R5-health.drill.ts'
import { check as health } from './R5-health.ts'
import { drill as databaseDrill } from './R6-database.drill.ts'
import { check as database } from './R6-database.ts'

export const checks = [health, database, previousVersion]
export const drills = [healthDrill, databaseDrill, drill]
