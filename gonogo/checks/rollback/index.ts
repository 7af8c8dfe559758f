import { drill } from './R4-previous-version.drill.ts'
import { previousVersion } from './R4-previous-version.ts'
import { drill as databaseDrill } from './R6-database.drill.ts'
import { check as database } from './R6-database.ts'

export const checks = [database, previousVersion]
export const drills = [databaseDrill, drill]
