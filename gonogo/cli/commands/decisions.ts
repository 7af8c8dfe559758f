import type { Command } from 'commander'
import type { Action } from '#core/statement.ts'
import { decideBy } from '#engine/people-events.ts'
import { action } from '../command.ts'
import { speak, speaker, type Who } from './speak.ts'

const DECISIONS: readonly [Action, string][] = [
  ['pause', 'stop before the next change; the criteria stay armed'],
  ['resume', 'go on after a pause or a hold'],
  ['abort', 'end the deployment; what was changed is rolled back'],
  ['rollback', 'go back now'],
  ['proceed', 'skip the rest of the current step’s wait'],
  ['confirm', 'say that you take part in this deployment, in your roles'],
  ['approve', 'sign the deployment approval in a role that has no vote'],
  ['watch', 'take the watch'],
  ['present', 'answer the prompt whether you keep the watch'],
  ['authorise', 'authorise a rollback that somebody started, afterwards'],
  ['root-cause', 'write the root cause of a rollback into its report; needs --reason'],
]

/** The verbs that sign a decision about the deployment as a whole. */
export function registerDecisions(root: Command): void {
  for (const [name, description] of DECISIONS) registerDecision(root, name, description)
}

function registerDecision(root: Command, name: Action, description: string): void {
  const command = speaker(root.command(name)).description(description)
  if (name === 'root-cause') command.requiredOption('--reason <text>', 'the root cause, in your words')
  else command.option('--reason <text>', 'why', name)
  command.addHelpText('after', `\nExample: gonogo ${name} --as ada --reason "…"`)
  action<Who & { reason: string }>(command, async (options, _args, globals, output) =>
    speak(options, globals.file, output, `${name}: ${options.reason}`, (store, id, author) =>
      decideBy(store, id, author, { action: name, reason: options.reason }, Date.now()),
    ),
  )
}
