import type { Answer } from '#analysis/simulation/index.ts'
import { formatDuration } from '#core/duration.ts'

const NAME_WIDTH = 60

/** "the new version makes no difference", or what it does wrong. */
export const circumstance = ({ errorRate }: Pick<Answer, 'errorRate'>): string =>
  errorRate === null
    ? 'the new version makes no difference'
    : `the new version fails ${percent(errorRate)} of its requests`

/** The head of a group of rows: what is told of a healthy version is not what is told of a bad one. */
export function groupHead(answer: Answer): string {
  const columns =
    answer.errorRate === null
      ? ['rolled back', 'held', 'done after', '']
      : ['rolled back', 'median', 'p95', 'failed requests']
  return `${circumstance(answer).padEnd(NAME_WIDTH + 2)}${columns.map((text) => text.padStart(16)).join('')}`
}

export function rowText(answer: Answer): string {
  const rolledBack = percent(answer.rolledBack / answer.deployments)
  const columns =
    answer.errorRate === null
      ? [rolledBack, percent(answer.held / answer.deployments), duration(answer.medianCompletionMs), '']
      : [
          rolledBack,
          duration(answer.medianRollbackMs),
          duration(answer.p95RollbackMs),
          count(answer.medianFailedRequests),
        ]
  return `  ${answer.rule.padEnd(NAME_WIDTH)}${columns.map((text) => text.padStart(16)).join('')}`
}

export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`

const duration = (ms: number): string => (Number.isFinite(ms) ? formatDuration(ms) : 'never')
const count = (n: number): string => (Number.isFinite(n) ? String(Math.round(n)) : '–')
