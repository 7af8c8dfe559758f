import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import type { PhaseId } from '#core/checklist.ts'
import { parseDurationMs } from '#core/duration.ts'
import { ROLES, type Role } from '#core/roles.ts'
import type { DeploymentState } from '#core/state.ts'
import type { Action } from '#core/statement.ts'
import { EXIT, Refusal } from '#engine/exit-codes.ts'
import { type Author, attest, decideBy, vote, waive } from '#engine/people-events.ts'
import { openLog } from '#engine/workspace.ts'
import { askSeen, type Seen } from '../attest-questions.ts'
import { action } from '../command.ts'
import { loadWorkspace } from '../load.ts'
import type { Output } from '../output.ts'
import { DEFAULT_KEY, signerFor } from '../signer.ts'
import { pick } from './status.ts'

type Who = { as?: string; key?: string; deployment?: string; yes?: boolean }

/** The verbs by which people speak: each signs a statement that names this deployment. */
export function registerPeople(root: Command): void {
  registerAttest(root)
  registerVote(root)
  registerWaive(root)
  const decisions: readonly [Action, string][] = [
    ['pause', 'stop before the next change; the criteria stay armed'],
    ['resume', 'go on after a pause or a hold'],
    ['abort', 'end the deployment; what was changed is rolled back'],
    ['rollback', 'go back now'],
    ['proceed', 'skip the rest of the current wait'],
    ['confirm', 'say that you take part in this deployment, in your roles'],
    ['watch', 'take the watch'],
    ['present', 'answer the prompt whether you keep the watch'],
    ['authorise', 'record the authorisation of a rollback that somebody started'],
  ]
  for (const [name, description] of decisions) registerDecision(root, name, description)
}

const speaker = (command: Command): Command =>
  command
    .requiredOption('--as <person>', 'your id in the roster')
    .option('--key <file>', 'your SSH key (public file when the agent or a hardware key signs)', DEFAULT_KEY)
    .option('--deployment <id>', 'the deployment; the newest without one')
    .option('--yes', 'sign without being asked')

function registerAttest(root: Command): void {
  const command = speaker(root.command('attest'))
    .description('sign what you saw, for an item that no check proves')
    .argument('<item>', 'the item')
    .option('--text <text>', 'what you saw, in your words; asked for on a terminal')
    .option('--value <value>', 'the value seen')
    .option('--link <url>', 'where it can be seen')
    .addHelpText(
      'after',
      '\nExample: gonogo attest 2.3.2 --as bo --text "on-call answered in #cd-241" --link https://chat.example/cd-241',
    )
  action<Who & Partial<Seen>>(command, async (options, [item = ''], globals, output) => {
    const { text, value, link } = options
    const seen: Seen = text
      ? { text, value, link }
      : await askSeen(stateFor(globals.file, options), item, options.as ?? '')
    return speak(options, globals.file, output, `attest ${item}: “${seen.text}”`, (store, id, author) =>
      attest(store, id, author, { item, ...withoutUndefined(seen) }, Date.now()),
    )
  })
}

/** The deployment that is spoken about, read once. */
function stateFor(file: string, { deployment }: Who): DeploymentState {
  const workspace = loadWorkspace(file)
  const store = openLog(workspace.root)
  try {
    return pick(store, workspace, deployment)
  } finally {
    store.close()
  }
}

const withoutUndefined = ({ text, value, link }: Seen) => ({
  text,
  ...(value ? { value } : {}),
  ...(link ? { link } : {}),
})

function registerVote(root: Command): void {
  const command = speaker(root.command('vote'))
    .description('sign your GO or NO-GO on a gate, bound to the evidence as it stands')
    .argument('<gate>', 'planning, preparation, execution or watch')
    .argument('<vote>', 'GO or NO-GO')
    .requiredOption('--role <role>', 'the role you vote in')
    .option('--reason <text>', 'why')
    .addHelpText('after', '\nExample: gonogo vote execution GO --as ada --role deployment-lead')
  action<Who & { role: string; reason?: string }>(
    command,
    async (options, [gate = '', said = ''], globals, output) => {
      if (said !== 'GO' && said !== 'NO-GO')
        throw new Refusal('bad-vote', `a vote is GO or NO-GO, not ${said}`)
      const role = roleOf(options.role)
      const reason = options.reason ? { reason: options.reason } : {}
      return speak(
        options,
        globals.file,
        output,
        `vote ${said} on ${gate} as ${ROLES[role]}`,
        (store, id, author) =>
          vote(store, id, author, { gate: gate as PhaseId, role, vote: said, ...reason }, Date.now()),
      )
    },
  )
}

function registerWaive(root: Command): void {
  const command = speaker(root.command('waive'))
    .description('sign a risk exception for the finding that stands now, until a date')
    .argument('<item>', 'the item')
    .requiredOption('--reason <text>', 'why the risk is accepted')
    .requiredOption('--expires <date>', 'a date, or a duration such as 14d')
    .addHelpText(
      'after',
      '\nExample: gonogo waive 1.1.5 --as cy --reason "registry offline, scanned by hand" --expires 14d',
    )
  action<Who & { reason: string; expires: string }>(
    command,
    async (options, [item = ''], globals, output) => {
      const inMs = parseDurationMs(options.expires)
      const expiresAt = inMs === null ? Date.parse(options.expires) : Date.now() + inMs
      if (!Number.isFinite(expiresAt))
        throw new Refusal(
          'bad-date',
          `--expires ${options.expires} is neither a date nor a duration such as 14d`,
        )
      return speak(
        options,
        globals.file,
        output,
        `waive ${item} until ${new Date(expiresAt).toISOString()}`,
        (store, id, author) =>
          waive(store, id, author, { item, reason: options.reason, expiresAt }, Date.now()),
      )
    },
  )
}

function registerDecision(root: Command, name: Action, description: string): void {
  const command = speaker(root.command(name))
    .description(description)
    .option('--reason <text>', 'why', name)
    .addHelpText('after', `\nExample: gonogo ${name} --as ada --reason "…"`)
  action<Who & { reason: string }>(command, async (options, _args, globals, output) =>
    speak(options, globals.file, output, `${name}: ${options.reason}`, (store, id, author) =>
      decideBy(store, id, author, { action: name, reason: options.reason }, Date.now()),
    ),
  )
}

type Speak = (store: ReturnType<typeof openLog>, id: string, author: Author) => Promise<unknown>

async function speak(who: Who, file: string, output: Output, what: string, work: Speak): Promise<number> {
  const workspace = loadWorkspace(file)
  const store = openLog(workspace.root)
  try {
    const state = pick(store, workspace, who.deployment)
    const person = who.as ?? ''
    if (!who.yes && !(await agreed(`Sign “${what}” for ${state.id} as ${person}? y/N › `))) {
      output.say('nothing signed')
      return EXIT.notGood
    }
    await work(store, state.id, { person, signer: signerFor(who.key ?? DEFAULT_KEY) })
    output.result(`signed: ${what}`, { deployment: state.id, signed: what, by: person })
    return EXIT.good
  } finally {
    store.close()
  }
}

/** Asks once, on a terminal only: no default, no answer means no. */
async function agreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY)
    throw new Refusal('no-terminal', 'a signature is asked for on a terminal; give --yes where there is none')
  const prompt = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await prompt.question(question)
  prompt.close()
  return answer.trim().toLowerCase() === 'y'
}

function roleOf(text: string): Role {
  if (text in ROLES) return text as Role
  throw new Refusal('unknown-role', `there is no role ${text}; there are ${Object.keys(ROLES).join(', ')}`)
}
