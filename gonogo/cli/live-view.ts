import { createLogUpdate } from 'log-update'
import stringWidth from 'string-width'
import { type Judgement, TRIGGERS } from '#analysis/index.ts'
import { formatDuration } from '#core/duration.ts'
import type { Recorded } from '#core/events.ts'
import { type DeploymentState, heldBy } from '#core/state.ts'
import type { Listener } from '#engine/listener.ts'
import { weightInForce } from '#engine/sampler.ts'
import { completedChunks } from './chunks.ts'
import { describeEvent, type Line } from './describe-event.ts'
import { nextLines } from './next-queue.ts'
import { isPlainTerminal, type Output } from './output.ts'

const REDRAW_MS = 250
const HEARTBEAT_MS = 60_000
const FOOTER_LINES = 12

/** Lines that append, and on a terminal a footer below them, redrawn at most four times a second. */
export class LiveView implements Listener {
  readonly #output: Output
  readonly #isPlain = isPlainTerminal()
  readonly #footer = createLogUpdate(process.stderr, { showCursor: true })
  readonly #running = new Map<string, number>()
  readonly #timer: NodeJS.Timeout
  #state: DeploymentState | null = null
  #judgement: Judgement | null = null
  #drawnLines = 0
  #complete: ReadonlyMap<string, string> = new Map()
  #lastLineAt = Date.now()
  /** What keys do, as the footer's last line; null where there are none. */
  hint: (() => string) | null = null

  constructor(output: Output) {
    this.#output = output
    this.#timer = setInterval(() => this.#tick(), this.#isPlain ? HEARTBEAT_MS : REDRAW_MS)
    this.#timer.unref()
  }

  event(recorded: Recorded, state: DeploymentState): void {
    const line = describeEvent(recorded, state, this.#state)
    this.#state = state
    if (line) this.#print(line, recorded.at, state.id)
    this.#callChunks(state, recorded.at)
  }

  /** Shows a deployment as it stands, before anything new happens in it; `since` tells what happened meanwhile. */
  attach(state: DeploymentState, since: string | null): void {
    this.#state = state
    this.#complete = completedChunks(state, Date.now())
    if (since)
      this.#print({ word: 'resume', text: `${state.stage} · ${since}`, tone: 'calm' }, Date.now(), state.id)
  }

  /** A section says once that it is complete, and again when it was reopened in between. */
  #callChunks(state: DeploymentState, at: number): void {
    const complete = completedChunks(state, at)
    for (const [section, how] of complete)
      if (!this.#complete.has(section))
        this.#print({ word: 'complete', text: `${section} ${how}`, tone: 'good' }, at, state.id)
    this.#complete = complete
  }

  started(what: { kind: string; id: string; atMs: number }): void {
    this.#running.set(`${what.kind} ${what.id}`, what.atMs)
  }

  finished(what: { kind: string; id: string }): void {
    this.#running.delete(`${what.kind} ${what.id}`)
  }

  judged(judgement: Judgement): void {
    this.#judgement = judgement
  }

  trouble(message: string): void {
    this.#print({ word: 'trouble', text: message, tone: 'bad' }, Date.now(), this.#state?.id ?? '')
  }

  close(): void {
    clearInterval(this.#timer)
    if (!this.#isPlain) this.#footer.clear()
  }

  #print(line: Line, at: number, id: string): void {
    this.#lastLineAt = Date.now()
    if (!this.#isPlain) this.#footer.clear()
    const time = new Date(at).toISOString()
    const { colours } = this.#output
    const paint = { good: colours.green, bad: colours.red, person: colours.cyan, calm: (t: string) => t }[
      line.tone
    ]
    if (this.#isPlain) {
      this.#output.say(`${time.slice(0, 19)}Z ${id} ${line.plain ?? `${line.word} ${line.text}`}`)
      return
    }
    this.#output.say(`${colours.dim(time.slice(11, 19))} ${paint(line.word.padEnd(8))} ${line.text}`)
    this.#draw()
  }

  #tick(): void {
    if (!this.#isPlain) {
      this.#draw()
      return
    }
    if (this.#state && Date.now() - this.#lastLineAt >= HEARTBEAT_MS)
      this.#output.say(
        `${new Date().toISOString().slice(0, 19)}Z ${this.#state.id} alive ${this.#state.stage} ${this.#waiting()}`,
      )
  }

  #draw(): void {
    if (this.#isPlain || !this.#state || this.#state.closed) return
    const width = process.stderr.columns ?? 80
    const hint = this.hint ? [` ${this.hint()}`] : []
    const lines = [...this.#footerLines(this.#state).slice(0, FOOTER_LINES - hint.length), ...hint]
    // log-update 7.2 mends its last frame line by line, and loses lines when one comes in between.
    if (lines.length !== this.#drawnLines) this.#footer.clear()
    this.#drawnLines = lines.length
    this.#footer(lines.map((l) => clip(l, width - 1)).join('\n'))
  }

  #footerLines(state: DeploymentState): string[] {
    const { opened } = state
    const weight = weightInForce(state)
    const versions = `${opened.service} ${opened.stable?.version ?? 'nothing'}→${opened.release.version}`
    const facts = [versions, opened.environment, stateWord(state, weight), this.#waiting(), onWatch(state)]
    const head = `── ${facts.filter(Boolean).join(' · ')} ──`
    const running = [...this.#running].map(([name, since]) => `${name} ${formatDuration(Date.now() - since)}`)
    return [
      head,
      ...this.#numbers(state),
      ...(running.length > 0
        ? [
            ` running ${running.slice(0, 4).join(' · ')}${running.length > 4 ? ` and ${running.length - 4} more` : ''}`,
          ]
        : []),
      ...nextLines(state, Date.now(), 4).map((l) => ` ${l}`),
    ]
  }

  #numbers(state: DeploymentState): string[] {
    const judgement = this.#judgement
    if (!judgement || judgement.canary.requests === 0) return []
    const { errorRate, errorRatio, p95Ms, p95Ratio } = state.opened.policy.rollback
    const { canary, baseline } = judgement
    const percent = (r: number | null | undefined) =>
      r === null || r === undefined ? 'no data' : `${(r * 100).toFixed(2)} %`
    const bucket = (b: readonly [number, number | null] | null | undefined) =>
      b ? (b[1] === null ? `>${b[0]} ms` : `≤${b[1]} ms`) : 'no data'
    return [
      ` error   ${percent(canary.errorRatio)} vs ${percent(baseline?.errorRatio)}   limit ${errorRate} % or ${errorRatio}×`,
      ` p95     ${bucket(canary.p95Ms)} vs ${bucket(baseline?.p95Ms)}   limit ${p95Ms} ms or ${p95Ratio}×`,
      ` evidence ${short(judgement.evidence)} of ${judgement.line} · ${ruledOut(judgement)} · failed requests ${canary.errors}`,
      ` of which ${perTrigger(judgement)}`,
    ]
  }

  /** What the deployment waits for, with the time left. */
  #waiting(): string {
    const state = this.#state
    if (!state) return ''
    const step = state.steps.findLast((s) => !s.decision)
    const due =
      state.stage === 'shift'
        ? step?.dueAtMs
        : state.stage === 'firstHour'
          ? state.watch?.event.firstHourEndsAtMs
          : state.stage === 'watch'
            ? state.watch?.event.endsAtMs
            : undefined
    if (!due) return ''
    return `next ${formatDuration(Math.max(0, due - Date.now()))}`
  }
}

const short = (n: number): string => (n >= 1e6 ? n.toExponential(0) : String(Number(n.toPrecision(2))))

const TRIGGER_WORDS = {
  errorRatio: 'error ratio',
  errorRate: 'error rate',
  latencyP95: 'p95',
  latencyRatio: 'p95 ratio',
} as const

/** What each trigger brings to the evidence; together they are it. */
const perTrigger = ({ perTrigger: parts }: Judgement): string =>
  TRIGGERS.map((one) => `${TRIGGER_WORDS[one]} ${short(parts[one].weight * parts[one].evidence)}`).join(' · ')

const ruledOut = ({ largestRatioNotRuledOut: ratio }: Judgement): string =>
  ratio === null ? 'nothing ruled out yet' : `${ratio}× worse ruled out`

const onWatch = ({ watchHolder, opened }: DeploymentState): string =>
  watchHolder ? `watch ${opened.roster[watchHolder]?.name ?? watchHolder}` : 'nobody on watch'

function stateWord(state: DeploymentState, weight: number): string {
  if (state.rollback) return 'ROLLING BACK'
  if (state.paused) return 'PAUSED'
  if (heldBy(state) !== null) return 'HOLD'
  if (state.stage === 'shift') return `${state.opened.strategy.toUpperCase()} ${weight} %`
  return state.stage.toUpperCase()
}

function clip(text: string, width: number): string {
  if (stringWidth(text) <= width) return text
  let cut = text
  while (stringWidth(cut) > width - 1) cut = cut.slice(0, -1)
  return `${cut}…`
}
