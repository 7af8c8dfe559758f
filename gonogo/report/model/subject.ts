import type { ReportInput } from '../report-input.ts'
import { iso } from '../wording.ts'

/** What was deployed, where, and by which rules. */
export type SubjectEntry = {
  readonly service: string
  readonly environment: string
  readonly from: VersionEntry | null
  readonly to: VersionEntry
  readonly type: string
  readonly risk: string
  readonly strategy: string
  readonly strategyReason: string
  /** What was decided against the release file. */
  readonly notes: readonly string[]
  readonly components: readonly string[]
  readonly flags: readonly string[]
  readonly window: { readonly start: string; readonly end: string; readonly timeZone: string }
  readonly openedAt: string
  readonly closedAt: string | null
  readonly authors: readonly string[]
}

type VersionEntry = { readonly version: string; readonly commit: string; readonly digest: string }

export function subjectOf({ state }: ReportInput): SubjectEntry {
  const { release, stable, service, environment, strategy, flags, authors, roster } = state.opened
  const version = ({ version, commit, digest }: typeof release): VersionEntry => ({ version, commit, digest })
  const { start, end, timeZone } = release.window
  return {
    service,
    environment,
    from: stable ? version(stable) : null,
    to: version(release),
    type: release.type,
    risk: release.risk,
    strategy,
    strategyReason: state.opened.plan.strategyReason,
    notes: state.opened.plan.notes,
    components: release.components,
    flags,
    window: { start: iso(start), end: iso(end), timeZone },
    openedAt: iso(state.openedAt),
    closedAt: state.closed ? iso(state.closed.at) : null,
    authors: authors.map((id) => roster[id]?.name ?? id),
  }
}
