import { createHash, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { startAgent } from '../agent/agent.ts'
import { migrateUp } from '../database/migrate.ts'
import { loadMigrations } from '../database/migrations.ts'
import { openDatabase } from '../database/open.ts'
import { startGateway } from '../gateway/gateway.ts'
import { startModelStub } from '../model-stub/model-stub.ts'
import type { Started } from '../runtime/component.ts'
import { withFile } from '../runtime/configuration.ts'
import { startSkills } from '../skills/skills.ts'
import { optionsOf } from './options.ts'

/** Where `serve` keeps what it needs, and `chat` looks for a token. */
export const DATA = '.clawdbot'

const TOKEN_YEARS = 1

/**
 * All parts in this process, each on a socket of its own: the database in a file of the data folder, migrated; a token,
 * made once; a stand-in for a model unless MODEL_URL names one. Drains from the front to the back.
 */
export async function serve(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<Started> {
  const { data } = optionsOf(args, { data: DATA })
  const folder = resolve(data)
  mkdirSync(folder, { recursive: true })
  const given = withFile(environment)
  const settings = {
    DATABASE_FILE: join(folder, 'clawdbot.sqlite'),
    TOKENS_FILE: join(folder, 'tokens.json'),
    ...given,
  }
  await migrate(settings.DATABASE_FILE)
  if (given.TOKENS_FILE === undefined) makeToken(folder)
  const started: Started[] = []
  const close = async () => {
    let cut = 0
    for (const one of started.toReversed()) cut += await one.close()
    return cut
  }
  try {
    const behind = { ...settings, PORT: '0', HOST: '127.0.0.1', DRAIN_DELAY_MS: '0' }
    const model = await modelOf(given, async () => {
      const stub = await startModelStub({ environment: behind })
      started.push(stub)
      return stub.url
    })
    const skills = await startSkills({ environment: behind })
    started.push(skills)
    const agent = await startAgent({ environment: { ...behind, ...model, SKILLS_URL: skills.url } })
    started.push(agent)
    const gateway = await startGateway({ environment: { ...settings, ...model, AGENT_URL: agent.url } })
    started.push(gateway)
    process.stderr.write(`${wordsFor(gateway.url, folder, given.MODEL_URL)}\n`)
    return { url: gateway.url, log: gateway.log, close }
  } catch (error) {
    await close()
    throw error
  }
}

async function migrate(file: string): Promise<void> {
  const database = openDatabase(file)
  try {
    await migrateUp(database, await loadMigrations())
  } finally {
    await database.close()
  }
}

/** The first start makes a token for whoever may read the folder; the file of tokens holds its hash only. */
function makeToken(folder: string): void {
  const file = join(folder, 'tokens.json')
  if (existsSync(file)) return
  const token = randomBytes(24).toString('hex')
  const expiresAt = new Date()
  expiresAt.setFullYear(expiresAt.getFullYear() + TOKEN_YEARS)
  const sha256 = createHash('sha256').update(token).digest('hex')
  const entry = {
    sha256,
    caller: 'owner',
    user: 'owner',
    roles: ['user', 'admin'],
    expiresAt: expiresAt.toISOString(),
  }
  writeFileSync(join(folder, 'token'), `${token}\n`, { mode: 0o600 })
  writeFileSync(file, `${JSON.stringify({ tokens: [entry] }, null, 2)}\n`, { mode: 0o600 })
}

/** The address of the model, and its name as one that callers may use without an agent. */
async function modelOf(given: NodeJS.ProcessEnv, startStub: () => Promise<string>) {
  const { MODEL_URL, MODEL_NAME = 'clawdbot-stub', MODELS = MODEL_NAME } = given
  return { MODEL_URL: MODEL_URL ?? (await startStub()), MODEL_NAME, MODELS }
}

const wordsFor = (url: string, folder: string, model: string | undefined): string =>
  [
    `ClawdBot serves at ${url}, its data is in ${folder}`,
    model === undefined
      ? 'model: a stand-in for development; set MODEL_URL for a real one'
      : `model: ${model}`,
    `token: ${join(folder, 'token')}; OpenAI clients take ${url}/v1 as the base URL and the token as the key`,
    'talk to it: clawdbot chat',
  ].join('\n')
