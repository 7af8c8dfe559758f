import { describe, expect, it } from 'vitest'
import type { AnalysisJudged, Effect } from '../events.ts'
import type { Command } from './command.ts'
import { decide } from './index.ts'
import { release, SmallDeployment } from './small-deployment.ts'

/** Beyond any wait of the policy: only evidence growing old is that far. */
const FAR_MS = 24 * 3_600_000

type World = {
  /** What an effect answers; ok when nothing is said. */
  effect?: (key: string, effect: Effect) => { ok: boolean; code?: string }
  check?: (item: string) => 'pass' | 'fail' | 'unknown'
  verdict?: (d: SmallDeployment) => AnalysisJudged['verdict']
  /** False: nobody answers who keeps the watch. */
  isWatched?: boolean
}

const arm = { requests: 100, errors: 0, errorRatio: 0, p95Ms: [0, 10] as const }

function judged(d: SmallDeployment, verdict: AnalysisJudged['verdict']): AnalysisJudged {
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
function play(d: SmallDeployment, world: World = {}, turns = 500): string[] {
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

function obey(d: SmallDeployment, command: Command, world: World, done: string[]): void {
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
function voted(options: ConstructorParameters<typeof SmallDeployment>[0] = {}): SmallDeployment {
  const d = new SmallDeployment(options).attested('1.1.2', 'cy', 'security-lead')
  play(d)
  d.voted('planning', 'ada', 'deployment-lead')
  play(d)
  d.voted('execution', 'ada', 'deployment-lead')
    .voted('execution', 'cy', 'security-lead')
    .voted('execution', 'eve', 'engineering-lead')
  return d
}

function toFirstStep(d: SmallDeployment): void {
  for (let turn = 0; turn < 100 && !d.state.steps[0]; turn++) play(d, {}, 1)
  expect(d.state.steps).toHaveLength(1)
}

function finish(d: SmallDeployment, world: World = {}): string[] {
  const done = play(d, world)
  if (d.state.closed) return done
  d.voted('watch', 'bo', 'sre-on-call')
  return [...done, ...play(d, world)]
}

describe('decide', () => {
  it('changes nothing before the three leads have voted', () => {
    const d = new SmallDeployment().attested('1.1.2', 'cy', 'security-lead')
    expect(play(d)).toEqual([])
    d.voted('planning', 'ada', 'deployment-lead')
    expect(play(d)).toEqual([])
    d.voted('execution', 'ada', 'deployment-lead').voted('execution', 'cy', 'security-lead')
    expect(play(d)).toEqual([])
  })

  it('takes a canary to success, each effect once and in order', () => {
    const d = voted()
    expect(finish(d)).toEqual([
      'deploy:1.1.0',
      'weights:0',
      'weights:1',
      'promote:1.1.0',
      'notify:completed:engineering',
      'report:report',
      'cleanup',
    ])
    expect(d.state.closed?.status).toBe('success')
  })

  it('asks in the first hour who keeps the watch, and stays open where nobody answers', () => {
    const d = voted()
    play(d, { isWatched: false })
    d.voted('watch', 'bo', 'sre-on-call')
    play(d, { isWatched: false })
    const since = d.state.watch?.at ?? 0
    expect(d.state.prompts.map(({ at }) => at - since)).toEqual([0])
    expect(d.state.closed).toBeNull()
  })

  it.each([
    ['blue-green', ['deploy:1.1.0', 'weights:0', 'promote:1.1.0']],
    [
      'rolling',
      ['deploy:1.1.0', 'weights:0', 'shrink:0', 'grow:1', 'weights:1', 'shrink:1', 'promote:1.1.0'],
    ],
    ['recreate', ['stop:stable', 'deploy:1.1.0', 'weights:0', 'promote:1.1.0']],
  ] as const)('takes %s to success', (strategy, effects) => {
    const d = voted({ strategy })
    expect(finish(d).slice(0, effects.length)).toEqual(effects)
    expect(d.state.closed?.status).toBe('success')
  })

  it('migrates before it deploys', () => {
    const d = voted({ release: release('1.1.0', { flags: { migrations: true } }) })
    expect(finish(d).slice(0, 2)).toEqual(['migrate:up', 'deploy:1.1.0'])
  })

  it('rolls back when the analysis says so, traffic before everything else', () => {
    const d = voted()
    const world: World = { verdict: () => 'rollback' }
    const done = play(d, world)
    expect(done.slice(0, 3)).toEqual(['deploy:1.1.0', 'weights:0', 'revert:1.0.0'])
    expect(d.state.closed?.status).toBe('rolled-back')
    expect(d.state.rollback?.completed?.event.restored).toBe('yes')
  })

  it('does not wait for a notification to go back', () => {
    const d = voted()
    const done = play(
      d,
      { verdict: () => 'rollback', effect: (key) => ({ ok: !key.startsWith('notify') }) },
      60,
    )
    expect(done).toContain('report:incident')
    expect(d.state.rollback?.completed).not.toBeNull()
  })

  it('undoes a migration last, and only one that the old version cannot live with', () => {
    const change = { flags: { migrations: true }, backwardCompatible: false } as const
    const broken = voted({ release: release('1.1.0', change) })
    expect(play(broken, { verdict: () => 'rollback' })).toEqual(
      expect.arrayContaining(['revert:1.0.0', 'migrate:down']),
    )
    const compatible = voted({ release: release('1.1.0', { flags: { migrations: true } }) })
    expect(play(compatible, { verdict: () => 'rollback' })).not.toContain('migrate:down')
  })

  it.each([
    [true, ['revert:1.0.0', 'migrate:up', 'migrate:down']],
    [false, ['revert:1.0.0', 'migrate:up']],
  ])(
    'aborted while it migrates (which then ends well: %s), it goes back first and undoes what was done',
    (ok, expected) => {
      const d = voted({
        release: release('1.1.0', { flags: { migrations: true }, backwardCompatible: false }),
      })
      for (let turn = 0; turn < 100 && !d.state.effects['migrate:up']; turn++) {
        const [command] = decide(d.state, d.now)
        if (command?.kind === 'effect') d.add({ type: 'effectIntended', ...command })
        else play(d, {}, 1)
      }
      d.decided('ada', 'abort')
      const done = play(d, { effect: (key) => ({ ok: ok || key !== 'migrate:up' }) })
      expect(done.filter((key) => /^(revert|migrate)/.test(key))).toEqual(expected)
      expect(d.state.closed?.status).toBe('rolled-back')
    },
  )

  it('counts what failed, so that another attempt is a call of its own', () => {
    const d = voted({ release: release('1.1.0', { flags: { migrations: true }, backwardCompatible: false }) })
    let downs = 0
    play(d, {
      verdict: () => 'rollback',
      effect: (key) => ({ ok: key !== 'migrate:down' || ++downs === 3 }),
    })
    expect(d.state.effects['migrate:down']).toMatchObject({ attempts: 3, failures: 2, settled: { ok: true } })
  })

  it('rolls back when the new version cannot be deployed', () => {
    const d = voted()
    play(d, {
      effect: (key) => (key.startsWith('deploy') ? { ok: false, code: 'crash-loop' } : { ok: true }),
    })
    expect(d.state.rollback?.decided.event.criterion).toBe('crash-loop')
    expect(d.state.closed?.status).toBe('rolled-back')
  })

  it('rolls back when a startup item fails twice, not once', () => {
    const once = voted()
    let looks = 0
    play(once, { check: (item) => (item === '3.3.1' && ++looks === 1 ? 'fail' : 'pass') })
    expect(once.state.rollback).toBeNull()
    const twice = voted()
    play(twice, { check: (item) => (item === '3.3.1' ? 'fail' : 'pass') })
    expect(twice.state.rollback?.decided.event.criterion).toBe('item 3.3.1')
  })

  it('extends an undecided step once, then holds and proceeds nowhere', () => {
    const d = voted()
    play(d, { verdict: () => 'unknown' }, 60)
    expect(d.state.steps).toHaveLength(1)
    expect(d.state.steps[0]?.extended).toBe(true)
    expect(d.state.hold).not.toBeNull()
    expect(d.state.steps[0]?.decision).toBeNull()
  })

  it('proceeds before the wait has passed only where the policy allows it and this step has its evidence', () => {
    const early = voted({ rollback: { earlyProceed: true } })
    const patient = voted()
    for (const d of [early, patient]) {
      play(d, { check: (item) => (item === '3.3.1' ? 'unknown' : 'pass') }, 60)
      d.checked('3.3.1')
      while (!d.state.steps[0]) obey(d, decide(d.state, d.now)[0] as Command, {}, [])
      d.add(judged(d, 'hold'))
      expect(decide(d.state, d.now)).toEqual([{ kind: 'wait', untilMs: d.state.steps[0]?.dueAtMs }])
      d.add(judged(d, 'proceed'))
    }
    expect(decide(patient.state, patient.now)).toEqual([
      { kind: 'wait', untilMs: patient.state.steps[0]?.dueAtMs },
    ])
    const [proceeds] = decide(early.state, early.now)
    expect(proceeds).toMatchObject({ event: { type: 'stepDecided', step: 0, decision: 'proceed' } })
    early.add({ ...judged(early, 'proceed'), step: -1 })
    expect(decide(early.state, early.now)[0]).toMatchObject({ kind: 'wait' })
  })

  it('goes on by the harm budget only after the extension, and never early', () => {
    const d = voted({ rollback: { earlyProceed: true } })
    toFirstStep(d)
    const onBudget = () => d.add({ ...judged(d, 'proceed'), isOnBudget: true })
    onBudget()
    expect(decide(d.state, d.now)).toEqual([{ kind: 'wait', untilMs: d.state.steps[0]?.dueAtMs }])
    d.now = d.state.steps[0]?.dueAtMs ?? 0
    onBudget()
    expect(decide(d.state, d.now)[0]).toMatchObject({ event: { type: 'stepExtended' } })
    obey(d, decide(d.state, d.now)[0] as Command, {}, [])
    d.now = d.state.steps[0]?.dueAtMs ?? 0
    onBudget()
    expect(decide(d.state, d.now)[0]).toMatchObject({ event: { type: 'stepDecided', decision: 'proceed' } })
  })

  it('proceeds on nothing that was judged at an earlier step', () => {
    const d = voted()
    toFirstStep(d)
    d.now = d.state.steps[0]?.dueAtMs ?? 0
    d.add({ ...judged(d, 'proceed'), step: -1 })
    const [next] = decide(d.state, d.now)
    expect(next).toMatchObject({ kind: 'wait' })
    d.now += d.state.opened.policy.rollback.interval
    expect(decide(d.state, d.now)).toEqual([{ kind: 'judge' }])
  })

  it('a person who proceeds from a hold ends it', () => {
    const d = voted()
    play(d, { verdict: () => 'unknown' }, 60)
    expect(d.state.hold).not.toBeNull()
    const statement = {
      gonogo: 1,
      kind: 'decision',
      deployment: 'd-small',
      person: 'ada',
      at: d.now,
      action: 'proceed',
      reason: 'seen by eye',
    } as const
    d.add({ type: 'decided', statement, signature: '', key: '', demo: false })
    obey(d, decide(d.state, d.now)[0] as Command, {}, [])
    expect(d.state.steps[0]?.decision?.event.by).toBe('ada')
    expect(d.state.hold).toBeNull()
  })

  it('closes without a rollback when it is aborted before production changed', () => {
    const d = new SmallDeployment()
    const statement = {
      gonogo: 1,
      kind: 'decision',
      deployment: 'd-small',
      person: 'ada',
      at: 1,
      action: 'abort',
      reason: 'no',
    } as const
    d.add({ type: 'decided', statement, signature: '', key: '', demo: false })
    play(d)
    expect(d.state.closed?.status).toBe('not-started')
  })

  it('rolls back for a person from every stage of execution', () => {
    for (let turns = 1; turns < 12; turns++) {
      const d = voted()
      play(d, {}, turns)
      if (Object.keys(d.state.effects).length === 0) continue
      const statement = {
        gonogo: 1,
        kind: 'decision',
        deployment: 'd-small',
        person: 'ada',
        at: 1,
        action: 'rollback',
        reason: 'stop',
      } as const
      d.add({ type: 'decided', statement, signature: '', key: '', demo: false })
      play(d)
      expect(d.state.closed?.status).toBe('rolled-back')
    }
  })

  it('enters the watch’s end no sooner than the log says', () => {
    const d = voted()
    play(d)
    expect(d.state.stage).toBe('cleanup')
    expect(d.state.stageEnteredAt.documentation).toBeGreaterThanOrEqual(
      d.state.watch?.event.endsAtMs ?? Number.NaN,
    )
  })

  it('rolls back at the last moment of the watch', () => {
    const d = voted()
    for (let i = 0; i < 100 && d.state.stage !== 'watch'; i++) play(d, {}, 1)
    expect(d.state.stage).toBe('watch')
    d.add(judged(d, 'rollback'))
    play(d)
    expect(d.state.closed?.status).toBe('rolled-back')
  })

  it('takes the new version away when there is nothing to go back to', () => {
    const d = voted({ stable: null })
    const done = play(d, { check: (item) => (item === '3.3.1' ? 'fail' : 'pass') })
    expect(done).toContain('revert:none')
    expect(d.state.opened.strategy).toBe('recreate')
  })
})
