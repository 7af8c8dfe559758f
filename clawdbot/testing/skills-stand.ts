import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client'
import { migrateUp } from '../database/migrate.ts'
import { loadMigrations } from '../database/migrations.ts'
import { openDatabase } from '../database/open.ts'
import { digestOf } from '../skills/manifest.ts'
import { type SkillsOptions, startSkills, USER_META } from '../skills/skills.ts'

export type SkillsStand = Awaited<ReturnType<typeof startSkillsStand>>

/** A skills server with a database and a folder for added skills, and clients of it. */
export async function startSkillsStand(
  options: Pick<SkillsOptions, 'sandbox' | 'change'>,
  settings: Record<string, string> = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'clawdbot-skills-'))
  const [added, file] = [join(folder, 'added'), join(folder, 'd.sqlite')]
  mkdirSync(added)
  const database = openDatabase(file)
  await migrateUp(database, await loadMigrations())
  await database.close()
  const environment = {
    ...{ PORT: '0', DATABASE_FILE: file, DRAIN_DELAY_MS: '0', SKILLS_FOLDER: added, SKILLS_RESCAN_MS: '100' },
    ...settings,
  }
  const server = await startSkills({ environment, logStream: { write: () => {} }, ...options })
  const clients: Client[] = []
  const connect = async (path = '/mcp', toolsChanged?: () => void) => {
    const listChanged = toolsChanged && { tools: { autoRefresh: false, onChanged: toolsChanged } }
    const client = new Client(
      { name: 'test', version: '1' },
      { versionNegotiation: { mode: 'auto' }, ...(listChanged ? { listChanged } : {}) },
    )
    await client.connect(new StreamableHTTPClientTransport(new URL(path, server.url)))
    clients.push(client)
    return client
  }
  return {
    url: server.url,
    added,
    approvals: `${added}.approvals.json`,
    connect,
    names: async (client: Client) => (await client.listTools()).tools.map(({ name }) => name),
    call: async (client: Client, name: string, input: Record<string, unknown> = {}, user = 'ann') => {
      const result = await client.callTool({ name, arguments: input, _meta: { [USER_META]: user } })
      const text = result.content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
      return { ok: result.isError !== true, text }
    },
    operators: async () =>
      (await (await fetch(new URL('/operators/skills', server.url))).json()) as {
        skills: { name: string; sandboxed: boolean; surface: string }[]
        refused: { name: string; reason: string; surface?: string }[]
      },
    stop: async () => {
      for (const client of clients) await client.close()
      await server.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Puts a skill with one tool, NAME_do, into the folder: `code` is what it does. A changed one takes the place of the old. */
export function addSkill(
  parent: string,
  name: string,
  code: string,
  changes: Record<string, unknown> = {},
): void {
  const source = `import { z } from 'zod'
import { serveSkill, tool } from '../kit/serve-skill.ts'
serveSkill(import.meta.dirname, { ${name}_do: tool({ input: z.object({}), run: async (_input, ask) => { ${code} } }) })
`
  putSkill(parent, name, source, { tools: [{ name: `${name}_do`, description: `Does ${name}` }], ...changes })
}

/** Puts a skill into the folder, all of it at once. */
export function putSkill(
  parent: string,
  name: string,
  source: string,
  changes: Record<string, unknown>,
): void {
  const draft = join(parent, `..`, `${name}.draft`)
  rmSync(draft, { recursive: true, force: true })
  mkdirSync(draft)
  writeFileSync(join(draft, 'main.ts'), source)
  const manifest = {
    schema: 2,
    name,
    version: '1.0.0',
    description: `Does ${name}`,
    permissions: { network: [], database: [] },
    digest: digestOf(draft),
    ...changes,
  }
  writeFileSync(join(draft, 'manifest.json'), JSON.stringify(manifest))
  rmSync(join(parent, name), { recursive: true, force: true })
  renameSync(draft, join(parent, name))
}

export const readApproved = (file: string): Record<string, string> =>
  (JSON.parse(readFileSync(file, 'utf8')) as { approved: Record<string, string> }).approved
