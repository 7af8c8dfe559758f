import { drill as peerReviewDrill } from './1.1.1-peer-review.drill.ts'
import { check as peerReview } from './1.1.1-peer-review.ts'
import { drill as pipelineDrill } from './1.1.2-pipeline.drill.ts'
import { check as pipeline } from './1.1.2-pipeline.ts'
import { drill as coverageDrill } from './1.1.3-coverage.drill.ts'
import { check as coverage } from './1.1.3-coverage.ts'
import { drill as staticAnalysisDrill } from './1.1.4-static-analysis.drill.ts'
import { check as staticAnalysis } from './1.1.4-static-analysis.ts'
import { drill as dependenciesDrill } from './1.1.5-dependencies.drill.ts'
import { check as dependencies } from './1.1.5-dependencies.ts'
import { drill as migrationGuideDrill } from './1.1.6-migration-guide.drill.ts'
import { check as migrationGuide } from './1.1.6-migration-guide.ts'
import { drill as apiCompatibilityDrill } from './1.1.7-api-compatibility.drill.ts'
import { check as apiCompatibility } from './1.1.7-api-compatibility.ts'

export const checks = [
  peerReview,
  pipeline,
  coverage,
  staticAnalysis,
  dependencies,
  migrationGuide,
  apiCompatibility,
] as const

export const drills = [
  peerReviewDrill,
  pipelineDrill,
  coverageDrill,
  staticAnalysisDrill,
  dependenciesDrill,
  migrationGuideDrill,
  apiCompatibilityDrill,
] as const
