import { runProcess } from '../runtime/run.ts'
import { chat } from './chat.ts'
import { serve } from './serve.ts'

const HELP = `clawdbot serve [--data FOLDER]                               all in one process: SQLite, a stand-in for a model
clawdbot chat [--url URL] [--token-file FILE] [--agent ID]   talk to an agent in the terminal

Settings come from the environment, and from the file that CONFIG_FILE names (NAME=value a line). A real model is used
when MODEL_URL, MODEL_NAME and MODEL_API_KEY are there.
`

const [command, ...args] = process.argv.slice(2)
if (command === 'serve') await runProcess('clawdbot', () => serve(args, process.env))
else if (command === 'chat') process.exitCode = await chat(args, process)
else {
  process.stderr.write(HELP)
  process.exitCode = command === undefined || command === '--help' || command === 'help' ? 0 : 2
}
