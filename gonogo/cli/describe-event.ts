import { formatDuration } from '#core/duration.ts'
import type { Numbers, Recorded } from '#core/events.ts'
import { voidedVotes } from '#core/gates.ts'
import type { DeploymentState } from '#core/state.ts'

export type Line = {
  readonly word: string
  readonly text: string
  readonly tone: 'good' | 'bad' | 'calm' | 'person'
  /** The line of a plain log, where that is another: words for glyphs, and what to do. */
  readonly plain?: string
}

const line = (word: string, text: string, tone: Line['tone'] = 'calm', plain?: string): Line =>
  plain === undefined ? { word, text, tone } : { word, text, tone, plain }

const clock = (ms: number): string => `${new Date(ms).toISOString().slice(11, 19)}Z`

/** One event in one line, with its numbers; null for what only machines read. */
export function describeEvent(
  { event, at }: Recorded,
  state: DeploymentState,
  before: DeploymentState | null = null,
): Line | null {
  const name = (id: string | null) => (id ? (state.opened.roster[id]?.name ?? id) : '')
  switch (event.type) {
    case 'opened':
      return line(
        'open',
        `${event.service} ${event.stable?.version ?? 'nothing'}→${event.release.version} · ${event.environment} · ${event.strategy} · ${event.plan.items.length} items`,
      )
    case 'checkSettled':
      return describeCheck(event, state, before ? voided(before, state, at) : '')
    case 'attested':
      return line(
        '☑',
        `${event.item} ${name(event.statement.person)} (${event.statement.role}): “${event.statement.text}”`,
        'person',
        `${event.item} attested ${name(event.statement.person)} (${event.statement.role}): “${event.statement.text}”`,
      )
    case 'waived':
      return line(
        '⚑',
        `${event.item} waived by ${name(event.statement.person)} until ${new Date(event.statement.expiresAt).toISOString().slice(0, 10)}: “${event.statement.reason}”`,
        'bad',
      )
    case 'voted':
      return line(
        event.statement.vote,
        `${event.statement.role} · ${name(event.statement.person)} · gate ${event.statement.gate} · root ${event.statement.evidenceRoot.slice(7, 11)}…`,
        event.statement.vote === 'GO' ? 'person' : 'bad',
      )
    case 'decided':
      return line(
        event.statement.action,
        `${name(event.statement.person)}: ${event.statement.reason}`,
        'person',
      )
    case 'gateOpened':
      return line('gate', `${event.gate} open on root ${event.evidenceRoot.slice(7, 15)}…`, 'good')
    case 'stageEntered':
      return line('stage', event.stage)
    case 'effectSettled':
      return event.ok
        ? line('done', `${event.key} · ${event.detail}`)
        : line('failed', `${event.key} · ${event.detail}`, 'bad')
    case 'stepStarted':
      return line('step', `${event.weight} % of traffic · watched until ${clock(event.dueAtMs)}`)
    case 'stepExtended':
      return line('extend', event.reason, 'bad')
    case 'stepDecided':
      return line(
        'proceed',
        `at ${event.weight} % · ${describeNumbers(event.numbers)} ${event.sentence}`,
        'good',
      )
    case 'analysisJudged':
      return event.verdict === 'proceed'
        ? null
        : line(event.verdict, event.sentence, event.verdict === 'rollback' ? 'bad' : 'calm')
    case 'held':
      return line('HOLD', event.reason, 'bad')
    case 'released':
      return line('released', event.reason)
    case 'faultSeen':
      return line('fault', `${event.criterion}: ${event.detail}`, 'bad')
    case 'driftSeen':
      return line('HOLD', `${event.detail}; goes on when that is undone, or with gonogo resume`, 'bad')
    case 'driftGone':
      return line('released', 'what somebody else had changed is undone')
    case 'watchStarted':
      return line('watch', `until ${new Date(event.endsAtMs).toISOString()}`)
    case 'presenceAsked':
      return line(
        'present?',
        `${state.watchHolder ? name(state.watchHolder) : 'nobody has the watch'}: answer by ${clock(event.dueAtMs)} with gonogo present`,
        'person',
      )
    case 'rollbackDecided':
      return line('ROLLBACK', `${event.criterion}: ${event.reason}`, 'bad')
    case 'rollbackCompleted':
      return line(
        'restored',
        `${event.restored} · traffic zero after ${event.trafficZeroAfterMs === null ? 'unknown' : formatDuration(event.trafficZeroAfterMs)} · ${event.failedRequests} failed requests`,
        event.restored === 'yes' ? 'good' : 'bad',
        rollbackFacts(event, state),
      )
    case 'reportWritten':
      return line('report', `${event.name} ${event.digest.slice(7, 19)}…`)
    case 'closed':
      return line('closed', event.status, event.status === 'success' ? 'good' : 'bad')
    case 'effectIntended':
    case 'samplesSealed':
      return null
  }
}

/** Null for a look that found what the one before had found. */
function describeCheck(
  event: Extract<Recorded['event'], { type: 'checkSettled' }>,
  state: DeploymentState,
  voids: string,
): Line | null {
  const record = state.items[event.item]
  const last = record?.before.at(-1)?.event
  if (last?.claimDigest === event.claimDigest) return null
  const glyph = { pass: '✓', fail: '✗', unknown: '?' }[event.verdict]
  const isReopened = last?.verdict === 'pass' && event.verdict !== 'pass'
  const said = isReopened ? `was “${last.summary}”, now ${glyph} “${event.summary}”` : event.summary
  return line(
    isReopened ? '↻' : glyph,
    `${event.item} ${said}${voids}`,
    event.verdict === 'pass' && !voids ? 'calm' : 'bad',
    `${event.item} ${isReopened ? 'reopened ' : ''}${event.verdict} ${said}${voids}${event.verdict === 'pass' ? '' : ` | do: gonogo check ${event.item}`}`,
  )
}

/** The rollback in `key=value`, for whoever greps a log. */
function rollbackFacts(
  event: Extract<Recorded['event'], { type: 'rollbackCompleted' }>,
  state: DeploymentState,
): string {
  const after = event.trafficZeroAfterMs === null ? 'unknown' : `${event.trafficZeroAfterMs / 1000}s`
  const cause = state.rollback?.decided.event.reason ?? ''
  return `rollback traffic=0% after=${after} failed=${event.failedRequests} restored=${event.restored} cause=${JSON.stringify(cause)}`
}

/** Whose votes a changed result has made void, by name. */
function voided(before: DeploymentState, after: DeploymentState, at: number): string {
  const names = voidedVotes(before, after, at).map(
    ({ person, role }) => `${after.opened.roster[person ?? '']?.name ?? person} (${role})`,
  )
  return names.length > 0 ? ` · voids the GO of ${names.join(', ')}` : ''
}

export function describeNumbers(numbers: Numbers | null): string {
  if (!numbers) return ''
  const percent = (r: number | null | undefined) =>
    r === null || r === undefined ? 'no data' : `${(r * 100).toFixed(2)} %`
  return `error ${percent(numbers.canary.errorRatio)} vs ${percent(numbers.baseline?.errorRatio)} ·`
}
