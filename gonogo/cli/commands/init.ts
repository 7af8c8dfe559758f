import { access, writeFile } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Command } from 'commander'
import { EXIT, Refusal } from '#engine/exit-codes.ts'
import { action } from '../command.ts'
import { findAnswers, serviceFileText } from '../init-answers.ts'
import { askMore } from '../init-questions.ts'
import { isPlainTerminal } from '../output.ts'

export function registerInit(root: Command): void {
  const command = root
    .command('init')
    .description('write a service file for this repository, with the answers that can be found in it')
    .option('--force', 'replace a service file that is there')
    .option('--yes', 'ask nothing; what only a person knows says CHANGE-ME')
    .addHelpText('after', '\nExample: gonogo init')
  action<{ force?: boolean; yes?: boolean }>(command, async (options, _args, globals, output) => {
    const file = resolve(globals.file)
    const isThere = await access(file).then(
      () => true,
      () => false,
    )
    if (isThere && !options.force)
      throw new Refusal('exists', `${file} is there already; give --force to replace it`)
    const found = await findAnswers(resolve(file, '..'))
    const isAsked = process.stdin.isTTY && !isPlainTerminal() && !options.yes && !globals.json
    const answers = isAsked ? await askMore(found) : found
    if (!answers) return EXIT.interrupted
    await writeFile(file, serviceFileText(answers))
    const said = answers.found.map((f) => `  ${f}`).join('\n')
    output.result(
      `wrote ${basename(file)}; found by itself:\n${said}\nnext: fill in what says CHANGE-ME, then gonogo plan`,
      { file, ...answers },
    )
    return EXIT.good
  })
}
