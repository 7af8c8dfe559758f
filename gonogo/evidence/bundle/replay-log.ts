import type { DeploymentEvent, Recorded } from '#core/events.ts'
import { fold, openState } from '#core/fold.ts'
import { gateView } from '#core/gates.ts'
import { digestOf } from '#core/json.ts'
import type { LogRecord } from '#core/record.ts'
import type { DeploymentState } from '#core/state.ts'
import { type BundleProblem, problemAt } from './bundle-problem.ts'
import { isObject } from './log-contents.ts'
import { LOG_FILE } from './log-files.ts'
import { lineOf } from './read-log.ts'

/**
 * Replays a log from its first record: every digest that people's votes are bound to must be that of what stands there,
 * and every gate must have been open by what the log said until then. So a log that was changed and chained anew breaks
 * at what people signed. The rules are those of gonogo's own decider.
 */
export function replayLog(records: readonly LogRecord[]): BundleProblem[] {
  const problems: BundleProblem[] = []
  let state: DeploymentState | null = null
  for (const [index, record] of records.entries()) {
    const tell = (problem: string) => problems.push(problemAt(LOG_FILE, lineOf(index), problem))
    try {
      for (const name of wrongDigests(record)) tell(`has a ${name} that is not of what it stands for`)
      if (record.type === 'gateOpened' && state) {
        const wrong = whyShut(state, record, records[index - 1]?.at ?? record.at)
        if (wrong) tell(wrong)
      }
      const recorded = toRecorded(record)
      state = state ? fold(state, recorded) : openState(record.stream, recorded)
    } catch {
      tell(state ? `cannot follow what came before it (${record.type})` : 'does not open a deployment')
      return problems
    }
  }
  return problems
}

const toRecorded = (record: LogRecord): Recorded => ({
  seq: record.seq,
  at: record.at,
  event: { ...(record.data as object), type: record.type } as DeploymentEvent,
})

/** The fields of a record that are digests of others in it, where they are not. */
function wrongDigests({ type, data }: LogRecord): string[] {
  if (!isObject(data)) return []
  const expected: [string, unknown][] = []
  if (type === 'opened') expected.push(['planDigest', data.plan], ['releaseDigest', data.release])
  if (type === 'checkSettled') expected.push(['claimDigest', { verdict: data.verdict, claim: data.claim }])
  return expected.flatMap(([name, value]) => (data[name] === digestOf(value) ? [] : [name]))
}

/** Why a gate was not open when the log says that it opened; null when it was. */
function whyShut(state: DeploymentState, { at, data }: LogRecord, before: number): string | null {
  const { gate, evidenceRoot } = data as { gate: never; evidenceRoot: string }
  // The gate was looked at between the record before and this one; something may have expired in between.
  const views = [at, before].map((now) => gateView(state, gate, now))
  if (views.some((view) => view.isOpen && view.evidenceRoot === evidenceRoot)) return null
  const [view] = views
  if (view && view.evidenceRoot !== evidenceRoot)
    return `opens the gate ${String(gate)} on an evidence root that the log does not give`
  const blocker = view?.blockers[0]
  if (blocker) return `opens the gate ${String(gate)} while ${blocker.id} blocks it`
  const vote = view?.votes.find((v) => v.state !== 'GO')
  return `opens the gate ${String(gate)} without a GO of the ${vote?.role ?? 'roles it asks'}`
}
