import { type Cell, cellsOf, type Goal } from './goals.ts'
import { type FloorResult, type Kept, median } from './result.ts'
import { SCENARIOS } from './scenarios.ts'

const HEAD = [
  'scenario',
  'contender',
  'setting',
  'runs',
  'decision, s',
  'zero, ms',
  'failed',
  'slow',
  'outcome',
]

/** One table of everything that was measured, as Markdown; medians over the runs. */
export function tableOf(results: readonly Kept[]): string {
  let before = ''
  const rows = cellsOf(results, SCENARIOS).map((cell) => {
    const row = rowOf(cell, cell.scenario.title === before ? '' : cell.scenario.title)
    before = cell.scenario.title
    return row
  })
  const floors = results.filter((one): one is FloorResult => one.kind === 'floor')
  for (const machine of ['quiet', 'under load'] as const) {
    const all = floors.filter((one) => one.machine === machine).flatMap(({ zeroAfterMs }) => zeroAfterMs)
    if (all.length === 0) continue
    const zero = `${median(all)} (worst ${Math.max(...all)})`
    rows.push(['the floor', 'kubectl patch', machine, String(all.length), '', zero, '', '', ''])
  }
  return markdown([HEAD, ...rows])
}

function rowOf(cell: Cell, title: string): string[] {
  const { contender, setting, runs, right, decisionS, zeroMs, failed, slow } = cell
  const outcomes = [...new Set(runs.map(({ outcome }) => outcome))].join(', ')
  const verdict = right === runs.length ? 'right' : right === 0 ? 'wrong' : `right ${right} of ${runs.length}`
  return [
    title,
    contender,
    setting,
    String(runs.length),
    decisionS === null ? '–' : decisionS.toFixed(1),
    zeroMs === null ? '–' : String(Math.round(zeroMs)),
    String(failed),
    String(slow),
    `${verdict}: ${outcomes}`,
  ]
}

function markdown(rows: readonly (readonly string[])[]): string {
  const widths = HEAD.map((_, n) => Math.max(...rows.map((row) => row[n]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, n) => cell.padEnd(widths[n] ?? 0)).join(' | ')} |`
  const [head = [], ...rest] = rows
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rest.map(line)].join('\n')
}

/** The goals with what was seen; the last line names those that were missed. */
export function goalLines(goals: readonly Goal[]): string {
  const named = (state: Goal['state']) => goals.filter((goal) => goal.state === state)
  const missed = named('missed')
  return [
    ...named('met').map(({ name, detail }) => `met: ${name} (${detail})`),
    ...named('not measured').map(({ name, detail }) => `not measured: ${name}${detail && ` (${detail})`}`),
    ...missed.map(({ name, detail }) => `missed: ${name} (${detail})`),
    `goals missed: ${missed.map(({ name }) => name).join('; ') || 'none'}; not measured: ${named('not measured').length} of ${goals.length}`,
  ].join('\n')
}
