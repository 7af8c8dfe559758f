import { expect } from 'vitest'
import type { AnalysisJudged, Effect } from '../events.ts'
import type { Command } from './command.ts'
import { decide } from './index.ts'
import { SmallDeployment } from './small-deployment.ts'

/** Beyond any wait of the policy: only evidence growing old is that far. */
const FAR_MS = 24 * 3_600_000

export type World = {
  /** What an effect answers; ok when nothing is said. */
  effect?: (key: string, effect: Effect) => { ok: boolean; code?: string }
  check?: (item: string) => 'pass' | 'fail' | 'unknown'
  verdict?: (d: SmallDeployment) => AnalysisJudged['verdict']
  /** False: nobody answers who keeps the watch. */
  isWatched?: boolean
}

const arm = { requests: 100, errors: 0, errorRatio: 0, p95Ms: [0, 10] as const }

export function judged(d: SmallDeployment, verdict: AnalysisJudged['verdict']): AnalysisJudged {
  return {
    type: 'analysisJudged',
    verdict,
    trigger: verdict === 'rollback' ? 'errorRatio' : null,
    step: d.state.steps.at(-1)?.step ?? -1,
    sentence: `it is ${verdict}`,
    evidence: 1,
    line: 1000,
    largestRatioNotRuledOut: null,
    detectedAfterMs: 1,
    blindMs: 0,
    numbers: { canary: arm, baseline: arm },
  }
}

/** Does what `decide` wants in a world of the test's making, until it is closed or nothing is left to do. */
export function play(d: SmallDeployment, world: World = {}, turns = 500): string[] {
  const done: string[] = []
  for (let turn = 0; turn < turns && !d.state.closed; turn++) {
    const commands = decide(d.state, d.now)
    const act = commands.find((c) => c.kind !== 'wait')
    if (act) obey(d, act, world, done)
    else {
      const waits = commands.flatMap((c) => (c.kind === 'wait' ? [c.untilMs] : []))
      if (waits.length === 0 || Math.min(...waits) > d.now + FAR_MS) return done
      d.now = Math.max(d.now, Math.min(...waits))
    }
  }
  return done
}

export function obey(d: SmallDeployment, command: Command, world: World, done: string[]): void {
  if (command.kind === 'record') {
    d.add(command.event, 0)
    if (command.event.type === 'presenceAsked' && world.isWatched !== false)
      d.decided('bo', 'watch').decided('bo', 'present', d.state.prompts.at(-1)?.seq)
  }
  if (command.kind === 'run') d.checked(command.item, world.check?.(command.item) ?? 'pass')
  if (command.kind === 'judge') d.add(judged(d, world.verdict?.(d) ?? 'proceed'))
  if (command.kind === 'effect') {
    const { key, effect, attempt } = command
    d.add({ type: 'effectIntended', key, effect, attempt })
    const outcome = world.effect?.(key, effect) ?? { ok: true }
    done.push(key)
    d.add({
      type: 'effectSettled',
      key,
      ok: outcome.ok,
      code: outcome.code ?? null,
      detail: key,
      durationMs: 1,
      lastRequestAtMs: d.now,
    })
  }
}

/** Through both gates before execution. */
export function voted(options: ConstructorParameters<typeof SmallDeployment>[0] = {}): SmallDeployment {
  const d = new SmallDeployment(options).attested('1.1.2', 'cy', 'security-lead')
  play(d)
  d.voted('planning', 'ada', 'deployment-lead')
  play(d)
  d.voted('execution', 'ada', 'deployment-lead')
    .voted('execution', 'cy', 'security-lead')
    .voted('execution', 'eve', 'engineering-lead')
  return d
}

export function toFirstStep(d: SmallDeployment): void {
  for (let turn = 0; turn < 100 && !d.state.steps[0]; turn++) play(d, {}, 1)
  expect(d.state.steps).toHaveLength(1)
}

export function finish(d: SmallDeployment, world: World = {}): string[] {
  const done = play(d, world)
  if (d.state.closed) return done
  d.voted('watch', 'bo', 'sre-on-call')
  return [...done, ...play(d, world)]
}
