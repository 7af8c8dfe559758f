import type { ProvedBy } from '#core/checklist.ts'
import type { DrilledDeployment } from './drilled-deployment.ts'

export type LogFault = {
  readonly name: string
  readonly expect: 'fail' | 'unknown'
  plant(d: DrilledDeployment): Promise<unknown>
}

/** What proves items by the log: a deployment that the log must call good, and each story that it must not. */
export type LogDrill = {
  readonly by: ProvedBy
  ground(d: DrilledDeployment): Promise<unknown>
  readonly faults: readonly LogFault[]
}
