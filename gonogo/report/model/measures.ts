import type { Checklist } from '#core/checklist.ts'
import type { ReportInput } from '../report-input.ts'
import { bucket, iso, percent, plural, utcSpan } from '../wording.ts'
import { exceptionsOf } from './exceptions.ts'
import { trafficOf } from './traffic.ts'

type Row = Checklist['closing']['statistics'][number]
export type Met = 'met' | 'missed' | 'unknown'

/** One measured figure beside its target. */
export type Measure = {
  readonly metric: Row['metric']
  readonly title: string
  readonly target: string
  readonly actual: string
  readonly met: Met
  /** What was counted, over what. */
  readonly basis: string
}

type Actual = {
  readonly text: string
  readonly atMost: number | null
  readonly atLeast: number | null
  readonly basis: string
}

const NOT_MEASURED = (basis: string): Actual => ({ text: 'not measured', atMost: null, atLeast: null, basis })

/** The statistics' rows with what this deployment's log and samples say. Where they say nothing, neither does the row. */
export const measuresOf = (input: ReportInput): Measure[] =>
  input.checklist.closing.statistics.map((row) => {
    const actual = ACTUALS[row.metric](input)
    return {
      metric: row.metric,
      title: row.title,
      target: row.target,
      actual: actual.text,
      met: compare(actual, row),
      basis: actual.basis,
    }
  })

/** A bucket may lie on both sides of the target; then nobody knows. */
function compare({ atLeast, atMost }: Actual, { limit, compare }: Row): Met {
  const holds = (value: number) => (compare === '<' ? value < limit : value <= limit)
  // A bucket's upper bound is reached at most, and a bound equal to an excluded target cannot be told apart.
  if (atMost !== null && holds(atMost)) return 'met'
  if (atLeast !== null && !holds(atLeast)) return 'missed'
  return 'unknown'
}

const exactly = (value: number, text: string, basis: string): Actual => ({
  text,
  atMost: value,
  atLeast: value,
  basis,
})

const ACTUALS: Readonly<Record<Row['metric'], (input: ReportInput) => Actual>> = {
  duration: ({ state }) => {
    const from = state.gates.execution?.at
    const to = state.rollback?.completed?.at ?? state.watch?.at
    if (from === undefined || to === undefined)
      return NOT_MEASURED(from === undefined ? 'execution was not opened' : 'execution has not ended')
    const end = state.rollback ? 'the end of the rollback' : 'the start of the watch'
    const minutes = (to - from) / 60_000
    return exactly(
      minutes,
      `${minutes.toFixed(1)} min`,
      `from the last GO to ${end}, ${utcSpan(iso(from), iso(to))}`,
    )
  },
  errorRate: ({ samples, state }) => {
    const counted = trafficOf(samples)?.canary
    if (!counted || counted.requests === 0)
      return NOT_MEASURED('no sample holds a request of the new version')
    const ratio = counted.errors / counted.requests
    return exactly(
      ratio * 100,
      percent(ratio),
      `${counted.errors} of ${plural(counted.requests, 'request')} that ${state.opened.release.version} answered`,
    )
  },
  latencyP95: (input) => {
    const seen = p95Of(input)
    if (!seen) return NOT_MEASURED('no p95 of the new version was recorded')
    const [over, upTo] = seen.bounds
    return { text: bucket(seen.bounds), atLeast: over, atMost: upTo, basis: seen.basis }
  },
  rollback: ({ state }) =>
    state.rollback
      ? exactly(1, 'Yes', `criterion ${state.rollback.decided.event.criterion}`)
      : exactly(0, 'No', 'no rollback was decided'),
  downtime: ({ samples }) => {
    const traffic = trafficOf(samples)
    if (!traffic) return NOT_MEASURED('no samples')
    const basis = `time in which every request failed, in ${plural(traffic.intervals, 'interval')}${unmeasured(traffic.unmeasuredMs)}`
    return exactly(traffic.downtimeMs / 60_000, `${(traffic.downtimeMs / 60_000).toFixed(1)} min`, basis)
  },
  issues: (input) => {
    const { length } = exceptionsOf(input).filter((e) => e.isIssue)
    return exactly(length, String(length), 'the exceptions named on the first page')
  },
}

const unmeasured = (ms: number): string => (ms > 0 ? `; ${(ms / 1000).toFixed(0)} s were not measured` : '')

/** The last step's own p95 stands for all its requests; without one, the highest interval bounds it from above. */
function p95Of({
  state,
  samples,
}: ReportInput): { bounds: readonly [number, number | null]; basis: string } | null {
  const step = [...state.steps].reverse().find((s) => s.decision?.event.numbers?.canary.p95Ms)
  const counted = step?.decision?.event.numbers?.canary
  if (step && counted?.p95Ms)
    return {
      bounds: counted.p95Ms,
      basis: `histogram bucket over ${plural(counted.requests, 'request')} at ${step.weight} %`,
    }
  const highest = trafficOf(samples)?.highestP95
  return highest ? { bounds: highest, basis: 'the highest bucket of any interval of the new version' } : null
}
