import { createMcpHandler, McpServer } from '@modelcontextprotocol/server'
import type { DestinationStream } from 'pino'
import { z } from 'zod'
import { requiredSchema } from '../database/migrations.ts'
import { createNoteStore } from '../database/notes.ts'
import { DatabasePool } from '../database/pool.ts'
import { createComponent, createInternalApp, type Started, startComponent } from '../runtime/component.ts'
import { settings as kinds, processSettings, readConfiguration } from '../runtime/configuration.ts'
import { loadSkills } from './load.ts'
import type { Skill, SkillTool } from './skill.ts'

/** Where a call says for whom the tool runs: metadata of the request, which a model cannot write. */
export const USER_META = 'clawdbot/user'

const MAX_OUTPUT = 16_000

const settings = processSettings.extend({ PORT: kinds.port.default(8082), DATABASE_FILE: z.string().min(1) })

export interface SkillsOptions {
  environment: NodeJS.ProcessEnv
  logStream?: DestinationStream
  /** Changes the loaded skills. */
  change?: (skills: Skill[]) => Skill[]
}

/** Starts the skills as one MCP server over streamable HTTP. */
export async function startSkills({ environment, logStream, change }: SkillsOptions): Promise<Started> {
  const configuration = readConfiguration(settings, environment)
  const component = createComponent('skills', configuration, logStream)
  const pool = new DatabasePool(configuration.DATABASE_FILE, await requiredSchema())
  const loaded = loadSkills(() => pool.store(createNoteStore))
  const skills = change === undefined ? loaded : change(loaded)
  const app = createInternalApp(component, () => {
    const database = pool.check()
    return { ready: database.ok, database, dependencies: {} }
  })
  const handler = createMcpHandler(() => createServer(component.identity.version, skills))
  app.all('/mcp', (c) => handler.fetch(c.req.raw))
  app.get('/skills', (c) => c.json({ skills: skills.map(describe) }))
  const release = async () => {
    await handler.close()
    pool.close()
  }
  return startComponent(component, app.fetch, release)
}

function createServer(version: string, skills: readonly Skill[]): McpServer {
  const server = new McpServer({ name: 'clawdbot-skills', version })
  for (const tool of skills.flatMap((skill) => skill.tools)) {
    const { description, input: inputSchema } = tool
    server.registerTool(tool.name, { description, inputSchema }, (input, context) =>
      runTool(tool, input, context.mcpReq._meta?.[USER_META]),
    )
  }
  return server
}

/** A tool that fails says so in its result: the conversation goes on, and the model is told. */
function runTool(tool: SkillTool, input: Record<string, unknown>, user: unknown) {
  try {
    // Text of a user may only be kept under the name of a user.
    if (typeof user !== 'string' || user === '') throw new Error(`_meta['${USER_META}'] is missing`)
    return { content: [{ type: 'text' as const, text: tool.run(input, user).slice(0, MAX_OUTPUT) }] }
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error)
    return { isError: true, content: [{ type: 'text' as const, text }] }
  }
}

/** What an operator and the agent see of a skill. */
function describe({ manifest, tools }: Skill) {
  const { name, version, description, permissions, digest } = manifest
  const listed = tools.map((tool) => ({
    name: tool.name,
    description: tool.description,
    allowedBy: tool.allowedBy,
  }))
  return { name, version, description, permissions, digest, tools: listed }
}
