import type { Checklist } from '#core/checklist.ts'
import type { TemplateName } from '#core/checklist-runbook.ts'
import type { Recorded } from '#core/events.ts'
import type { DeploymentState } from '#core/state.ts'

/** One version's counts in one interval. `p95Ms` is the histogram bucket that holds the 95th percentile. */
export type ArmSample = {
  readonly requests: number
  readonly errors: number
  readonly p95Ms: readonly [number, number | null] | null
}

/** The four triggers, as a plot names them. */
export const TRIGGER_WORDS = ['error ratio', 'error rate', 'p95', 'p95 ratio'] as const

/** One interval of the measurements, already differenced. */
export type ReportSample = {
  /** End of the interval, epoch ms. */
  readonly atMs: number
  /** Configured per cent of the traffic on the new version. */
  readonly weight: number
  /** Share of the requests that the new version answered, 0…1; null when nothing was measured. */
  readonly observedShare: number | null
  readonly canary: ArmSample
  readonly baseline: ArmSample | null
  /** Capital of the evidence against the new version; null where the mode keeps none. */
  readonly evidence: number | null
  /** The value of `evidence` at which the deployment rolls back. */
  readonly line: number | null
  /** What each trigger brings into `evidence`, in the order of `TRIGGER_WORDS`; null where the mode keeps none. */
  readonly triggers: readonly number[] | null
  /** The new version has at most so many times the old one's error rate; above 100: not even that is known. Null as above. */
  readonly notRuledOut: number | null
  /** True when the source did not answer in this interval; its zeros are then nobody's counts. */
  readonly unknown?: boolean
}

export type ReportInput = {
  readonly checklist: Checklist
  readonly state: DeploymentState
  /** The whole log, oldest first. */
  readonly events: readonly Recorded[]
  readonly samples: readonly ReportSample[]
  /** When the report is made, epoch ms. */
  readonly now: number
  /** Digest of the log's last entry. */
  readonly chainHead: string
  /** Path of the evidence bundle; null while there is none. */
  readonly bundle: string | null
  /** What the log does not hold of the place deployed to; blanks that need it say "not recorded" without it. */
  readonly place?: ReportPlace
}

export type ReportPlace = {
  /** Kind of the target, which chooses Appendix B's commands. */
  readonly target: string
  /** Names for the templates of Appendices B and C. */
  readonly names: Readonly<Partial<Record<TemplateName, string>>>
  /** Contacts outside the roster, by their key in the service file. */
  readonly contacts: Readonly<Record<string, { readonly name: string; readonly contact: string } | undefined>>
}
