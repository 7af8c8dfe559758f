import type { Answer } from '#analysis/simulation/index.ts'
import { formatDuration } from '#core/duration.ts'
import { type Markup, markup, raw } from '../html/markup.ts'
import { styleSheet } from '../html/style.ts'
import { type RuleSeries, rulePlot } from './rule-plot.ts'

export type SimulationInput = {
  readonly service: string
  /** Policy, steps, traffic and size of the simulation, a line each. */
  readonly head: readonly string[]
  readonly answers: readonly Answer[]
  /** What a team wants to know first, as one sentence. */
  readonly verdict: string
}

/** What a policy would do, as one HTML file: false alarms, time to the rollback, its cost, and the numbers. */
export function renderSimulation({ service, head, answers, verdict }: SimulationInput): string {
  const title = `What the policy of ${service} would do`
  const rules = [...new Set(answers.map((a) => a.rule))]
  const faults = [...new Set(answers.flatMap((a) => a.errorRate ?? []))].sort((a, b) => a - b)
  const of = (rule: string, errorRate: number | null) =>
    answers.find((a) => a.rule === rule && a.errorRate === errorRate)
  const series = (value: (answer: Answer) => number): RuleSeries[] =>
    rules.map((rule) => ({
      rule,
      values: faults.map((fault) => {
        const answer = of(rule, fault)
        return answer ? value(answer) : Number.NaN
      }),
    }))
  const description = (what: string) =>
    `${what} for error rates of the new version from ${share(faults[0] ?? 0)} to ${share(faults.at(-1) ?? 1)}; the numbers are in the table below.`
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title><style>${raw(styleSheet(title))}${raw(STYLE)}</style></head>
<body><main><h1>${title}</h1>${head.map((text) => markup`<p class="small">${text}</p>`)}
<p class="verdict">${verdict}</p>
<h2>Healthy deployments</h2>${healthy(rules.flatMap((rule) => of(rule, null) ?? []))}
${
  faults.length > 0 &&
  markup`<h2>Faulty deployments</h2>${rulePlot({
    id: 'time',
    title: 'Time to the rollback, median',
    description: description('Median time from the first request of the new version to the rollback'),
    faults,
    series: series((a) => a.medianRollbackMs / 1000),
    ticks: SECONDS,
  })}
${rulePlot({
  id: 'harm',
  title: 'Failed requests until the rollback, median',
  description: description('Median number of requests that the new version failed until it was rolled back'),
  faults,
  series: series((a) =>
    Number.isFinite(a.medianRollbackMs) ? a.medianFailedRequests : Number.POSITIVE_INFINITY,
  ),
  ticks: COUNTS,
})}
${faultTable(faults, (fault) => rules.flatMap((rule) => of(rule, fault) ?? []))}`
}</main></body></html>
`.text
}

const SECONDS = [
  [1, '1 s'],
  [10, '10 s'],
  [60, '1 min'],
  [600, '10 min'],
  [3600, '1 h'],
  [86_400, '1 d'],
] as const
const COUNTS = [
  [1, '1'],
  [10, '10'],
  [100, '100'],
  [1000, '1k'],
  [10_000, '10k'],
  [100_000, '100k'],
] as const

const STYLE = `.plot .line.rival{stroke:var(--before);stroke-width:1.2}.plot .dot.rival{fill:var(--paper);stroke:var(--before);stroke-width:1.2}.plot .tick.own{fill:var(--accent);font-weight:600}.own-row th,.own-row td{font-weight:600}.bar{display:inline-block;height:.7em;background:var(--before);vertical-align:baseline;}.own-row .bar{background:var(--accent)}td.number,th.number{text-align:right}td.number{white-space:nowrap}.verdict{margin:1.25rem 0 0;font-weight:600}tr.group th{padding-top:1.25rem;color:var(--quiet)}@media (max-width:46rem){td.bars{display:none}figure{overflow-x:auto}.plot{min-width:44rem}}`

function healthy(rows: readonly Answer[]): Markup {
  return markup`<table><caption>The new version makes no difference: every rollback is a false one</caption>
<thead><tr><th>rule</th><th class="number">rolled back</th><th aria-hidden="true"></th><th class="number">held</th><th class="number">done after, median</th></tr></thead>
<tbody>${rows.map((a, i) => markup`<tr class="${i === 0 ? 'own-row' : ''}"><th>${a.rule}</th><td class="number" data-label="rolled back">${share(a.rolledBack / a.deployments)}</td><td class="bars" aria-hidden="true"><span class="bar" style="width:${Math.round((80 * a.rolledBack) / a.deployments) / 10}rem"></span></td><td class="number" data-label="held">${share(a.held / a.deployments)}</td><td class="number" data-label="done after">${time(a.medianCompletionMs)}</td></tr>`)}</tbody></table>`
}

/** A group of rows for each fault, so that the rules are compared where they meet the same one. */
function faultTable(faults: readonly number[], rowsOf: (fault: number) => readonly Answer[]): Markup {
  return markup`<table><caption>All numbers</caption><thead><tr><th>rule</th><th class="number">rolled back</th><th class="number">median</th><th class="number">p95</th><th class="number">failed requests</th><th class="number">held</th></tr></thead>
${faults.map((fault) => markup`<tbody><tr class="group"><th colspan="6" scope="rowgroup">${share(fault)} of the new version’s requests fail</th></tr>${rowsOf(fault).map(faultRow)}</tbody>`)}</table>`
}

const faultRow = (a: Answer, i: number): Markup =>
  markup`<tr class="${i === 0 ? 'own-row' : ''}"><th>${a.rule}</th><td class="number" data-label="rolled back">${share(a.rolledBack / a.deployments)}</td><td class="number" data-label="median">${time(a.medianRollbackMs)}</td><td class="number" data-label="p95">${time(a.p95RollbackMs)}</td><td class="number" data-label="failed requests">${Number.isFinite(a.medianFailedRequests) ? Math.round(a.medianFailedRequests) : '–'}</td><td class="number" data-label="held">${share(a.held / a.deployments)}</td></tr>`

const share = (value: number): string => `${Number((value * 100).toPrecision(3))} %`
const time = (ms: number): string => (Number.isFinite(ms) ? formatDuration(ms) : 'never')
