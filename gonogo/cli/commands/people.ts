import type { Command } from 'commander'
import { blanksOf, type PhaseId } from '#core/checklist.ts'
import { parseDurationMs } from '#core/duration.ts'
import { ROLES, type Role } from '#core/roles.ts'
import { Refusal } from '#engine/exit-codes.ts'
import { attest, vote, waive } from '#engine/people-events.ts'
import { openLog } from '#engine/workspace.ts'
import { askSeen, type Seen } from '../attest-questions.ts'
import { action } from '../command.ts'
import { loadWorkspace } from '../load.ts'
import { registerDecisions } from './decisions.ts'
import { speak, speaker, type Who } from './speak.ts'
import { pickOne } from './status.ts'

/** The verbs by which people speak: each signs a statement that names this deployment. */
export function registerPeople(root: Command): void {
  registerAttest(root)
  registerVote(root)
  registerWaive(root)
  registerDecisions(root)
}

function registerAttest(root: Command): void {
  const command = speaker(root.command('attest'))
    .description('sign what you saw, for an item that no check proves')
    .argument('<item>', 'the item')
    .option('--text <text>', 'what you saw, in your words; asked for on a terminal')
    .option('--value <value>', 'the value seen')
    .option('--link <url>', 'where it can be seen')
    .option('--blank <key=value...>', 'a blank of the document that this item fills, by its key')
    .addHelpText(
      'after',
      '\nExample: gonogo attest 2.3.2 --as bo --text "on-call answered in #cd-241" --link https://chat.example/cd-241',
    )
  type Given = Who & Partial<Omit<Seen, 'blanks'>> & { readonly blank?: readonly string[] }
  action<Given>(command, async (options, [item = ''], globals, output) => {
    const { text, value, link } = options
    const seen: Seen = text
      ? { text, value, link, blanks: givenBlanks(globals.file, item, options.blank ?? []) }
      : await ask(globals.file, options, item)
    return speak(options, globals.file, output, `attest ${item}: “${seen.text}”`, (store, id, author) =>
      attest(store, id, author, { item, ...withoutUndefined(seen) }, Date.now()),
    )
  })
}

async function ask(file: string, { deployment, as = '' }: Who, item: string): Promise<Seen> {
  const workspace = loadWorkspace(file)
  const store = openLog(workspace.root)
  try {
    return await askSeen(pickOne(store, workspace, deployment), item, as, blanksOf(workspace.checklist, item))
  } finally {
    store.close()
  }
}

/** `key=value` pairs; each key is one of the item's. */
function givenBlanks(file: string, item: string, pairs: readonly string[]): Record<string, string> {
  const keys = blanksOf(loadWorkspace(file).checklist, item).map((blank) => blank.key)
  return Object.fromEntries(
    pairs.map((pair) => {
      const [, key = '', value = ''] = /^([^=]+)=(.+)$/.exec(pair) ?? []
      if (keys.includes(key)) return [key, value]
      throw new Refusal(
        'unknown-blank',
        `--blank ${pair}: ${item} fills ${keys.length > 0 ? keys.join(', ') : 'no blank'}; give KEY=VALUE`,
      )
    }),
  )
}

const withoutUndefined = ({ text, value, link, blanks }: Seen) => ({
  text,
  ...(value ? { value } : {}),
  ...(link ? { link } : {}),
  ...(Object.keys(blanks).length > 0 ? { blanks } : {}),
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

function roleOf(text: string): Role {
  if (text in ROLES) return text as Role
  throw new Refusal('unknown-role', `there is no role ${text}; there are ${Object.keys(ROLES).join(', ')}`)
}
