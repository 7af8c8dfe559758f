import { drill } from './R4-previous-version.drill.ts'
import { previousVersion } from './R4-previous-version.ts'

export const checks = [previousVersion]
export const drills = [drill]
