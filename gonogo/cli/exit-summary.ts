import { formatDuration } from '#core/duration.ts'
import { itemStatus } from '#core/items.ts'
import type { DeploymentState } from '#core/state.ts'
import type { Deployed } from '#engine/deploy.ts'
import { countStates } from './commands/status.ts'
import { nextLines } from './next-queue.ts'

/** One deployment for machines: the shape that the demo prints, too. */
export function deploymentJson({ state, report, bundle, digest }: Deployed) {
  const { rollback } = state
  return {
    deployment: state.id,
    release: state.opened.release.version,
    status: state.closed?.status ?? 'under-way',
    durationMs: (state.closed?.at ?? state.lastAt) - state.openedAt,
    items: countStates(state, state.closed?.at ?? state.lastAt),
    rollback: rollback
      ? {
          criterion: rollback.decided.event.criterion,
          detectedAfterMs: rollback.decided.event.detectedAfterMs,
          trafficZeroAfterMs: rollback.completed?.event.trafficZeroAfterMs ?? null,
          failedRequests: rollback.completed?.event.failedRequests ?? null,
        }
      : null,
    report,
    bundle,
    digest,
  }
}

/** Status, from → to, why, harm, what is open and whose, report and bundle. */
export function exitSummary(deployed: Deployed): string {
  const { state } = deployed
  const { opened } = state
  const lines = [
    `${opened.service} ${opened.stable?.version ?? 'nothing'}→${opened.release.version} · ${opened.environment} · ${(state.closed?.status ?? 'under way').toUpperCase()} · ${formatDuration((state.closed?.at ?? state.lastAt) - state.openedAt)}`,
    ...why(state),
  ]
  if (!state.closed)
    lines.push(
      ...nextLines(state, state.lastAt, 6),
      `goes on from where it is with: gonogo deploy ${opened.release.version}`,
    )
  lines.push(...leftOpen(state))
  if (deployed.report) lines.push(`report  ${deployed.report}`)
  if (deployed.bundle)
    lines.push(
      `bundle  ${deployed.bundle}`,
      `verify  gonogo verify ${deployed.bundle} --digest ${deployed.digest}`,
    )
  return lines.join('\n')
}

function why(state: DeploymentState): string[] {
  const { rollback } = state
  if (!rollback) return []
  const done = rollback.completed?.event
  const harm = done
    ? `${done.failedRequests} failed requests${exposure(state)} · traffic zero after ${done.trafficZeroAfterMs === null ? 'unknown' : formatDuration(done.trafficZeroAfterMs)} · restored ${done.restored}`
    : 'not completed'
  return [`why     ${rollback.decided.event.reason}`, `harm    ${harm}`]
}

/** How long users met the version that was taken back. */
function exposure({ steps, rollback }: DeploymentState): string {
  const first = steps[0]?.startedAt
  if (first === undefined || !rollback) return ''
  const zeroMs = rollback.completed?.event.trafficZeroAfterMs ?? 0
  return ` in ${formatDuration(rollback.decided.at + zeroMs - first)}`
}

/** What a closed deployment leaves to people, and to whom. */
function leftOpen(state: DeploymentState): string[] {
  const { opened, closed, rollback, decisions } = state
  if (!closed) return []
  const waived = opened.plan.items.flatMap((item) => {
    const waiver = state.items[item.id]?.waiver?.event.statement
    if (!waiver || itemStatus(state, item, closed.at).state !== 'waived') return []
    const name = opened.roster[waiver.person]?.name ?? waiver.person
    return [`${item.id} waived until ${new Date(waiver.expiresAt).toISOString().slice(0, 10)} (${name})`]
  })
  const isSaid = (action: string) => decisions.some((d) => d.event.statement.action === action)
  const afterwards = rollback
    ? [
        ...(rollback.decided.event.by && !isSaid('authorise')
          ? ['authorisation by the deployment lead: gonogo authorise --as YOU']
          : []),
        ...(isSaid('root-cause') ? [] : ['root cause: gonogo root-cause --as YOU --reason "…"']),
      ]
    : []
  return [...waived, ...afterwards].map((text) => `open    ${text}`)
}
