import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { Command } from 'commander'
import { type Answer, type Noise, simulatePolicy } from '#analysis/simulation/index.ts'
import { formatDuration, parseDurationMs } from '#core/duration.ts'
import type { PlanStep } from '#core/planned.ts'
import type { Release } from '#core/release.ts'
import { stepsOf } from '#core/strategies.ts'
import { RISKS } from '#core/when.ts'
import { analysisPolicyOf } from '#engine/analysis-policy.ts'
import { systemClock } from '#engine/clock.ts'
import { EXIT, Refusal } from '#engine/exit-codes.ts'
import { declaredTraffic, measureTraffic, type UsualTraffic } from '#engine/measured-traffic.ts'
import { environmentFolder, stateFolder, type Workspace } from '#engine/workspace.ts'
import { renderSimulation } from '#report/index.ts'
import { openTarget } from '#targets/open-target.ts'
import { action } from '../command.ts'
import { loadWorkspace } from '../load.ts'
import { groupHead, percent, rowText } from '../simulation-text.ts'

type Options = {
  readonly risk: string
  readonly faults: string
  readonly noise: string
  readonly deployments: string
  readonly seed: string
  readonly measure?: string
  readonly environment: string
  readonly rivals: boolean
  readonly page?: string
}

const NOISES: readonly Noise[] = ['independent', 'sharedIncidents', 'betaBinomial', 'clusters', 'ownRates']

export function registerSimulate(root: Command): void {
  const command = root
    .command('simulate')
    .description('what this policy would do: thousands of simulated deployments, healthy and with faults')
    .option('--risk <risk>', `whose evidence is asked for: ${RISKS.join(', ')}`, 'medium')
    .option('--faults <list>', 'error rates of the new version to try, in per cent', '0.5,1,2,5,20,100')
    .option('--noise <kind>', `how failures hang together: ${NOISES.join(', ')}`, 'independent')
    .option('--deployments <n>', 'simulated deployments a row', '1000')
    .option('--seed <n>', 'the same seed gives the same answers', '1')
    .option('--measure <duration>', 'measure the traffic of the running environment, instead of traffic:')
    .option('--environment <name>', 'which one to measure', 'production')
    .option('--no-rivals', 'leave out the literal reading and the rules of other tools')
    .option('--page <file>', 'where the page with the plots goes; by default .gonogo/simulation.html')
    .addHelpText('after', '\nExample: gonogo simulate --risk high --measure 30s')
  action<Options>(command, async (options, _args, globals, output) => {
    const workspace = loadWorkspace(globals.file)
    const asked = askedFor(options)
    const { policy: servicePolicy } = workspace.service
    const steps = stepsOf('canary', servicePolicy, 1)
    const policy = analysisPolicyOf(servicePolicy, steps, asked.risk)
    const traffic = await trafficOf(workspace, options)
    const head = headOf(workspace, asked, steps, traffic)
    output.say(head.join('\n'))
    const answers: Answer[] = []
    const question = {
      policy,
      steps: steps.map(({ weight, waitMs }) => ({ weight: weight / 100, waitMs })),
      requestsPerSecond: traffic.requestsPerSecond,
      healthy: traffic,
      faults: asked.faults,
      noise: asked.noise,
      deployments: asked.deployments,
      seed: asked.seed,
      isEarly: servicePolicy.rollback.earlyProceed,
      withRivals: options.rivals,
    }
    for (const answer of simulatePolicy(question)) {
      if (answers.at(-1)?.errorRate !== answer.errorRate) output.say(`\n${groupHead(answer)}`)
      output.say(rowText(answer))
      answers.push(answer)
    }
    const page = resolve(options.page ?? join(stateFolder(workspace.root), 'simulation.html'))
    mkdirSync(dirname(page), { recursive: true })
    const verdict = answers[0] ? verdictOf(answers[0]) : ''
    writeFileSync(page, renderSimulation({ service: workspace.service.service, head, answers, verdict }))
    output.result(`\n${verdict}\nplots   ${page}`, {
      version: 1,
      ...asked,
      steps,
      traffic,
      answers,
      page,
    })
    return EXIT.good
  })
}

/** What a team wants to know first of its policy. */
function verdictOf({ rolledBack, held, deployments }: Answer): string {
  const alarms = `of healthy deployments this policy rolls ${percent(rolledBack / deployments)} back`
  if (held === 0) return alarms
  return `${alarms} and holds ${percent(held / deployments)} for lack of evidence: longer waits, more traffic, another ruleOut or a harmBudget would spare them`
}

type Asked = {
  readonly risk: Release['risk']
  /** Shares, 0…1. */
  readonly faults: readonly number[]
  readonly noise: Noise
  readonly deployments: number
  readonly seed: number
}

function askedFor(options: Options): Asked {
  const risk = RISKS.find((one) => one === options.risk)
  if (!risk) throw new Refusal('bad-risk', `--risk ${options.risk} is none of ${RISKS.join(', ')}`)
  const noise = NOISES.find((one) => one === options.noise)
  if (!noise) throw new Refusal('bad-noise', `--noise ${options.noise} is none of ${NOISES.join(', ')}`)
  const faults = options.faults.split(',').map((text) => Number(text) / 100)
  if (faults.some((share) => !(share > 0 && share <= 1)))
    throw new Refusal('bad-faults', `--faults ${options.faults}: each is a per cent above 0 and up to 100`)
  const deployments = wholeNumber('--deployments', options.deployments, 1)
  return { risk, noise, faults, deployments, seed: wholeNumber('--seed', options.seed, 0) }
}

function wholeNumber(name: string, text: string, least: number): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < least)
    throw new Refusal('bad-number', `${name} ${text} is no whole number from ${least} on`)
  return number
}

async function trafficOf(workspace: Workspace, options: Options): Promise<UsualTraffic> {
  const declared = declaredTraffic(workspace.service)
  if (options.measure === undefined) {
    if (declared) return declared
    throw new Refusal(
      'no-traffic',
      `${workspace.serviceFile}: traffic is missing; add traffic: { requestsPerSecond: 100, errorRate: 0.1 }, or measure it with --measure 30s`,
    )
  }
  const windowMs = parseDurationMs(options.measure)
  if (!windowMs) throw new Refusal('bad-duration', `--measure ${options.measure} is no duration such as 30s`)
  const name = options.environment
  const environment = workspace.service.environments[name]
  if (!environment)
    throw new Refusal('no-environment', `${workspace.serviceFile}: environments has no ${name}`)
  const target = await openTarget(name, environment, environmentFolder(workspace, name), workspace.root)
  try {
    const { stable } = await target.observe()
    if (!stable)
      throw new Refusal('nothing-runs', `nothing runs in ${name} that could be measured`, EXIT.environment)
    return await measureTraffic(
      target.metrics,
      stable,
      windowMs,
      workspace.service.policy.rollback,
      systemClock,
    )
  } finally {
    await target.close?.()
  }
}

function headOf(
  { service }: Workspace,
  asked: Asked,
  steps: readonly PlanStep[],
  traffic: UsualTraffic,
): string[] {
  const { mode, alpha, interval, p95Ms } = service.policy.rollback
  const way = steps.map(({ weight, waitMs }) => `${weight} % ${formatDuration(waitMs)}`).join(' → ')
  return [
    `${service.service} · ${asked.risk} risk · ${mode}, α = ${alpha}, every ${formatDuration(interval)}`,
    `steps   ${way}; each extended once, then held for a person`,
    `traffic ${Number(traffic.requestsPerSecond.toPrecision(3))} requests/s, ${percent(traffic.errorRate)} errors, ${percent(traffic.slowShare)} slower than ${p95Ms} ms (${traffic.origin})`,
    `${asked.deployments} simulated deployments a row · seed ${asked.seed} · failures ${asked.noise}`,
  ]
}
