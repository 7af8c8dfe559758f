import { createInterface } from 'node:readline/promises'
import type { Command } from 'commander'
import { EXIT, Refusal } from '#engine/exit-codes.ts'
import type { Author } from '#engine/people-events.ts'
import { openLog } from '#engine/workspace.ts'
import { writeBundle } from '#engine/write-report.ts'
import { fingerprint } from '#evidence/signatures.ts'
import { loadWorkspace } from '../load.ts'
import type { Output } from '../output.ts'
import { DEFAULT_KEY, signerFor } from '../signer.ts'
import { pick, pickOne } from './status.ts'

/** The options of every verb by which a person speaks. */
export type Who = { as?: string; key?: string; deployment?: string; yes?: boolean }

export const speaker = (command: Command): Command =>
  command
    .requiredOption('--as <person>', 'your id in the roster')
    .option('--key <file>', 'your SSH key (public file when the agent or a hardware key signs)', DEFAULT_KEY)
    .option('--deployment <id>', 'the deployment; without one that which is under way')
    .option('--yes', 'sign without being asked')

export type Speak = (store: ReturnType<typeof openLog>, id: string, author: Author) => Promise<unknown>

/** Asks whether to sign, signs, and says what was signed. */
export async function speak(
  who: Who,
  file: string,
  output: Output,
  what: string,
  work: Speak,
): Promise<number> {
  const workspace = loadWorkspace(file)
  const store = openLog(workspace.root)
  try {
    const state = pickOne(store, workspace, who.deployment)
    const person = who.as ?? ''
    const keys = (state.opened.roster[person]?.keys ?? []).flatMap((k) => fingerprint(k) ?? []).join(' or ')
    const by = keys ? ` with ${keys}` : ''
    if (!who.yes && !(await agreed(`Sign “${what}” for ${state.id} as ${person}${by}? y/N › `))) {
      output.say('nothing signed')
      return EXIT.notGood
    }
    await work(store, state.id, { person, signer: signerFor(who.key ?? DEFAULT_KEY) })
    // What is said after the end belongs into the report and the bundle, too.
    const written = state.closed
      ? await writeBundle(workspace, store, pick(store, workspace, state.id), Date.now())
      : null
    const anew = written ? `\nverify  gonogo verify ${written.bundle} --digest ${written.digest}` : ''
    output.result(`signed: ${what}${anew}`, { deployment: state.id, signed: what, by: person })
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
