import { drill as logAnalysisDrill } from './4.1.2-log-analysis.drill.ts'
import { check as logAnalysis } from './4.1.2-log-analysis.ts'
import { drill as performanceComparisonDrill } from './4.1.4-performance.drill.ts'
import { check as performanceComparison } from './4.1.4-performance.ts'
export const checks = [logAnalysis, performanceComparison] as const
export const drills = [logAnalysisDrill, performanceComparisonDrill] as const
