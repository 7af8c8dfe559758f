import { Command, CommanderError } from 'commander'
import { EXIT, Refusal } from '#engine/exit-codes.ts'
import { EvidenceProblem } from '#evidence/evidence-problem.ts'
import { StoreProblem } from '#store/store.ts'
import { TargetProblem } from '#targets/open-target.ts'
import { exitCodeSoFar } from './command.ts'
import { registerCheck } from './commands/check.ts'
import { registerDemo } from './commands/demo.ts'
import { registerDeploy } from './commands/deploy.ts'
import { registerDoctor } from './commands/doctor.ts'
import { registerDrill } from './commands/drill.ts'
import { registerInit } from './commands/init.ts'
import { registerPeople } from './commands/people.ts'
import { registerPlan } from './commands/plan.ts'
import { registerReport } from './commands/report.ts'
import { registerSimulate } from './commands/simulate.ts'
import { registerStatus } from './commands/status.ts'
import { registerVerify } from './commands/verify.ts'

const VERBS = [
  registerInit,
  registerPlan,
  registerSimulate,
  registerCheck,
  registerDrill,
  registerDoctor,
  registerDeploy,
  registerStatus,
  registerPeople,
  registerReport,
  registerVerify,
  registerDemo,
]

function program(): Command {
  const root = new Command('gonogo')
    .description('A production-deployment checklist that runs itself.')
    .option('-f, --file <path>', 'the service file', 'gonogo.yaml')
    .option('--json', 'one JSON document (or JSON lines) on stdout, nothing else there', false)
    .exitOverride()
    .showHelpAfterError()
    .addHelpText(
      'after',
      '\nExit codes: 0 done and good · 1 done and not good · 2 wrong use or bad input · 3 the environment · 130 interrupted',
    )
  for (const register of VERBS) register(root)
  return root
}

/** Every way out of a command is one of five codes and, where it is not good, one clear message without a stack trace. */
async function main(argv: readonly string[]): Promise<number> {
  try {
    await program().parseAsync(argv, { from: 'user' })
    return exitCodeSoFar()
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.good : EXIT.usage
    if (error instanceof Refusal) return report(error.code, error.message, error.exit, argv)
    if (error instanceof StoreProblem || error instanceof EvidenceProblem || error instanceof TargetProblem)
      return report(error.code, error.message, EXIT.environment, argv)
    const message = error instanceof Error ? error.message : String(error)
    if (process.env.GONOGO_DEBUG && error instanceof Error) process.stderr.write(`${error.stack}\n`)
    return report(
      'defect',
      `${message} (a defect in gonogo: run again with GONOGO_DEBUG=1 and report it)`,
      EXIT.environment,
      argv,
    )
  }
}

function report(code: string, message: string, exit: number, argv: readonly string[]): number {
  if (argv.includes('--json'))
    process.stdout.write(`${JSON.stringify({ error: { code, message } }, null, 2)}\n`)
  for (const line of message.split('\n')) process.stderr.write(`gonogo: ${line}\n`)
  return exit
}

/** Who reads along may stop reading (`gonogo plan | head`); what is under way goes on. */
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })

process.exitCode = await main(process.argv.slice(2))
