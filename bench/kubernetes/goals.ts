import { SETTINGS, type Setting } from './contenders/contender.ts'
import { type FloorResult, type Kept, median, type Result } from './result.ts'

const OURS = 'gonogo'
const RIVALS = ['Argo Rollouts', 'Flagger']
const TIMES_FEWER = 10
/** The medians that goals go by are of so many runs. */
const RUNS = 5
const FLOOR_FACTOR = 1.5

type Scenario = { readonly id: string; readonly title: string; readonly isHealthy: boolean }
export type Goal = {
  readonly name: string
  readonly state: 'met' | 'missed' | 'not measured'
  readonly detail: string
}

/** The runs of one contender at one setting in one scenario, by medians. */
export type Cell = {
  readonly contender: string
  readonly setting: Setting
  readonly scenario: Scenario
  readonly runs: readonly Result[]
  readonly right: number
  /** Seconds; null where no run decided. */
  readonly decisionS: number | null
  readonly zeroMs: number | null
  readonly failed: number
  readonly slow: number
  /** Requests that failed or were slow; without end where a bad version was promoted. */
  readonly harmed: number
}

/** Every combination that has results, in the order of the scenarios. */
export function cellsOf(results: readonly Kept[], scenarios: readonly Scenario[]): Cell[] {
  const runs = results.filter((one): one is Result => one.kind === 'run')
  const contenders = [...new Set(runs.map(({ contender }) => contender))].sort(
    (a, b) => Number(b === OURS) - Number(a === OURS),
  )
  return scenarios.flatMap((scenario) =>
    contenders.flatMap((contender) =>
      SETTINGS.flatMap((setting) => {
        const own = runs.filter(
          (run) => run.scenario === scenario.id && run.contender === contender && run.setting === setting,
        )
        return own.length > 0 ? [cellOf(contender, setting, scenario, own)] : []
      }),
    ),
  )
}

function cellOf(contender: string, setting: Setting, scenario: Scenario, runs: readonly Result[]): Cell {
  const known = (values: readonly (number | null)[]) => median(values.filter((one) => one !== null))
  const decisionMs = known(runs.map((run) => run.decidedAfterMs))
  return {
    contender,
    setting,
    scenario,
    runs,
    right: runs.filter((run) => run.isRight).length,
    decisionS: decisionMs === null ? null : decisionMs / 1000,
    zeroMs: known(runs.map((run) => run.zeroAfterMs)),
    failed: median(runs.map((run) => run.failed)) ?? 0,
    slow: median(runs.map((run) => run.slow)) ?? 0,
    harmed: median(runs.map((run) => harmOf(run, scenario))) ?? 0,
  }
}

/** A run ends soon after a promotion; what users meet of a bad version that was promoted does not. */
const harmOf = ({ outcome, failed, slow }: Result, { isHealthy }: Scenario): number =>
  outcome === 'promoted' && !isHealthy ? Number.POSITIVE_INFINITY : failed + slow

/** What the bench wants to see, each with what was seen. A scenario without results is not measured, and never met. */
export function goalsOf(results: readonly Kept[], scenarios: readonly Scenario[]): Goal[] {
  const cells = cellsOf(results, scenarios)
  const ours = cells.filter(({ contender }) => contender === OURS)
  const rivals = cells.filter(({ contender }) => contender !== OURS)
  return [
    ...scenarios.map((scenario) => rightOutcome(scenario, ours)),
    ...scenarios.flatMap((scenario) => RIVALS.map((rival) => fewerHarmed(scenario, rival, cells))),
    quickerPays(ours, rivals, scenarios),
    zeroTraffic(ours, results),
  ]
}

const documented = ({ setting }: Cell): boolean => setting === 'documented'

function rightOutcome({ id, title }: Scenario, ours: readonly Cell[]): Goal {
  const name = `right outcome: ${title}`
  const own = ours.filter(({ scenario }) => scenario.id === id)
  if (own.length === 0) return { name, state: 'not measured', detail: '' }
  const [right, runs] = [sum(own, ({ right: n }) => n), sum(own, ({ runs: all }) => all.length)]
  return { name, state: right === runs ? 'met' : 'missed', detail: `${right} of ${runs}` }
}

function fewerHarmed({ id, title }: Scenario, rival: string, cells: readonly Cell[]): Goal {
  const name = `${TIMES_FEWER} × fewer failed and slow requests than ${rival}: ${title}`
  const cellOfContender = (name: string) =>
    cells.find((cell) => cell.scenario.id === id && documented(cell) && cell.contender === name)
  const [own, beside] = [cellOfContender(OURS), cellOfContender(rival)]
  if (!own || !beside) return { name, state: 'not measured', detail: '' }
  const isMet = beside.harmed === 0 || own.harmed * TIMES_FEWER <= beside.harmed
  const isEnough = Math.min(own.runs.length, beside.runs.length) >= RUNS
  const detail = `${inWords(own.harmed)} to ${inWords(beside.harmed)} in ${own.runs.length} and ${beside.runs.length} runs`
  if (!isMet) return { name, state: 'missed', detail }
  return isEnough
    ? { name, state: 'met', detail }
    : { name, state: 'not measured', detail: `${detail} of ${RUNS}` }
}

/** Whoever decides quicker at its fastest rolls back a healthy canary elsewhere. Each rival must have been measured for it. */
function quickerPays(ours: readonly Cell[], rivals: readonly Cell[], scenarios: readonly Scenario[]): Goal {
  const name = 'whoever is quicker at its fastest pays with wrong rollbacks'
  const fastest = rivals.filter((cell) => !documented(cell))
  const told = RIVALS.map((rival) => {
    const own = fastest.filter(({ contender }) => contender === rival)
    return { rival, ...payment(own, ours, scenarios) }
  })
  const states = told.map(({ state }) => state)
  const state = (['missed', 'not measured'] as const).find((one) => states.includes(one)) ?? 'met'
  const detail = told.map(
    ({ rival, quicker, wrong }) => `${rival}: quicker in ${list(quicker)}, wrong in ${list(wrong)}`,
  )
  return { name, state, detail: detail.join('; ') }
}

/** What one rival's speed costs it: known where it paid, and otherwise once nothing is left in which it may be quicker or pay. */
function payment(rival: readonly Cell[], ours: readonly Cell[], scenarios: readonly Scenario[]) {
  const bestOf = (cells: readonly Cell[], { id }: Scenario) =>
    Math.min(
      ...cells
        .filter(({ scenario }) => scenario.id === id)
        .map(({ decisionS }) => decisionS ?? Number.POSITIVE_INFINITY),
    )
  const has = (cells: readonly Cell[]) => (scenario: Scenario) =>
    cells.some((cell) => cell.scenario.id === scenario.id)
  const bad = scenarios.filter(({ isHealthy }) => !isHealthy)
  const healthy = scenarios.filter(({ isHealthy }) => isHealthy)
  const quicker = bad
    .filter((one) => has(ours)(one) && bestOf(rival, one) < bestOf(ours, one))
    .map(({ id }) => id)
  const wrong = rival
    .filter(({ scenario, runs }) => scenario.isHealthy && runs.some((run) => run.outcome === 'rolled back'))
    .map(({ scenario }) => scenario.id)
  const isKnown =
    quicker.length > 0 ? healthy.every(has(rival)) : bad.every(has(rival)) && bad.every(has(ours))
  const state: Goal['state'] =
    wrong.length > 0 ? 'met' : !isKnown ? 'not measured' : quicker.length > 0 ? 'missed' : 'met'
  return { quicker, wrong, state }
}

/** Measured where half of the traffic is on the canary: at 5 % a request of it is seldom enough to say little. */
function zeroTraffic(ours: readonly Cell[], results: readonly Kept[]): Goal {
  const name = `decision to zero traffic within ${FLOOR_FACTOR} × the floor`
  const floors = results.filter((one): one is FloorResult => one.kind === 'floor' && one.machine === 'quiet')
  const floor = median(floors.flatMap(({ zeroAfterMs }) => zeroAfterMs))
  const own = ours.find(({ scenario, setting }) => scenario.id === 'half' && setting === 'documented')
  if (floor === null || !own || own.zeroMs === null) return { name, state: 'not measured', detail: '' }
  const isMet = own.zeroMs <= FLOOR_FACTOR * floor
  return { name, state: isMet ? 'met' : 'missed', detail: `${own.zeroMs} ms, floor ${floor} ms` }
}

const inWords = (harmed: number): string => (Number.isFinite(harmed) ? String(harmed) : 'all from then on')
const list = (names: readonly string[]): string => (names.length > 0 ? names.join(' and ') : 'none')
const sum = <T>(all: readonly T[], of: (one: T) => number): number => all.reduce((n, one) => n + of(one), 0)
