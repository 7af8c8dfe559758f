import { drill as startupDrill } from './3.3.1.2-startup.drill.ts'
import { check as startup } from './3.3.1.2-startup.ts'
import { drill as logsDrill } from './3.3.1.3-application-logs.drill.ts'
import { check as logs } from './3.3.1.3-application-logs.ts'
import { drill as healthDrill } from './3.3.1.4-health.drill.ts'
import { check as health } from './3.3.1.4-health.ts'
import { drill as databaseDrill } from './3.3.1.5-database.drill.ts'
import { check as database } from './3.3.1.5-database.ts'
import { drill as dependenciesDrill } from './3.3.1.6-dependencies.drill.ts'
import { check as dependencies } from './3.3.1.6-dependencies.ts'

export const checks = [startup, logs, health, database, dependencies]
export const drills = [startupDrill, logsDrill, healthDrill, databaseDrill, dependenciesDrill]
