import type { Judgement } from '#analysis/index.ts'
import type { Recorded } from '#core/events.ts'
import type { Scrape } from '#core/sample.ts'
import type { DeploymentState } from '#core/state.ts'

/** Whoever shows what happens. Called after the fact; what it throws is a defect of its own and ends nothing. */
export interface Listener {
  /** After each event, one's own and others'. */
  event?(recorded: Recorded, state: DeploymentState): void
  /** A check or an effect begins. */
  started?(what: { kind: 'check' | 'effect'; id: string; atMs: number }): void
  finished?(what: { kind: 'check' | 'effect'; id: string }): void
  /** Once an interval while the criteria are armed. */
  judged?(judgement: Judgement, scrape: Scrape | null): void
  /** Something went wrong that the engine deals with itself: storage, a source. */
  trouble?(message: string): void
}
