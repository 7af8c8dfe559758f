import {
  createMcpHandler,
  hostHeaderValidationResponse,
  localhostAllowedHostnames,
  localhostAllowedOrigins,
  originValidationResponse,
  ProtocolError,
  ProtocolErrorCode,
  Server,
} from '@modelcontextprotocol/server'
import type { DestinationStream } from 'pino'
import { z } from 'zod'
import { requiredSchema } from '../database/migrations.ts'
import { createNoteStore } from '../database/notes.ts'
import { DatabasePool } from '../database/pool.ts'
import { createComponent, createInternalApp, type Started, startComponent } from '../runtime/component.ts'
import { settings as kinds, processSettings, readConfiguration } from '../runtime/configuration.ts'
import { openApprovals } from './host/approvals.ts'
import { Catalogue } from './host/catalogue.ts'
import { createFetchPage } from './host/fetch-page.ts'
import { SKILL_LIMITS } from './host/limits.ts'
import type { RunningSkill, SkillHost } from './host/running-skill.ts'
import { type SandboxState, sandboxed, trySandbox, unsandboxed } from './host/sandbox.ts'
import type { SkillManifest } from './manifest.ts'

/** Where a call says for whom the tool runs: metadata of the request, which a model cannot write. */
export const USER_META = 'clawdbot/user'

export const skillsSettings = processSettings.extend({
  PORT: kinds.port.default(8082),
  DATABASE_FILE: z.string().min(1),
  SKILLS_FOLDER: z.string().min(1).optional(),
  SKILLS_APPROVALS: z.string().min(1).optional(),
  SKILLS_RESCAN_MS: kinds.whole(1_000, 50),
  FETCH_HOSTS: kinds.list,
})

export interface SkillsOptions {
  environment: NodeJS.ProcessEnv
  logStream?: DestinationStream
  /** Whether skills can be locked in; by default it is tried out. */
  sandbox?: SandboxState
  /** Replaces parts of what skills run on. */
  change?: (host: SkillHost) => SkillHost
}

/** Where the approvals are kept: beside the folder, not in it, because whoever may add a skill may not approve it. */
export const approvalsFile = (environment: {
  SKILLS_FOLDER?: string | undefined
  SKILLS_APPROVALS?: string | undefined
}) =>
  environment.SKILLS_APPROVALS ??
  (environment.SKILLS_FOLDER === undefined
    ? undefined
    : `${environment.SKILLS_FOLDER.replace(/\/+$/, '')}.approvals.json`)

/**
 * Starts the skills: each in a process of its own, all of them behind one MCP server over streamable HTTP (/mcp for
 * agents, /operators/mcp for operators).
 */
export async function startSkills({
  environment,
  logStream,
  sandbox = trySandbox(),
  change,
}: SkillsOptions): Promise<Started> {
  const configuration = readConfiguration(skillsSettings, environment)
  const component = createComponent('skills', configuration, logStream)
  const { log } = component
  if (!sandbox.available) log.warn({ reason: sandbox.reason }, 'no sandbox: only trusted skills run')
  const pool = new DatabasePool(configuration.DATABASE_FILE, await requiredSchema())
  const built: SkillHost = {
    sandbox,
    command: sandbox.available ? sandboxed : unsandboxed,
    approvals: openApprovals(approvalsFile(configuration)),
    services: {
      notes: () => pool.store(createNoteStore),
      fetchPage: createFetchPage(configuration.FETCH_HOSTS),
    },
    limits: SKILL_LIMITS,
    version: component.identity.version,
  }
  const host = change === undefined ? built : change(built)
  const changed = () => {
    for (const { notify } of [forAgents, forOperators]) notify.toolsChanged()
  }
  const catalogue = new Catalogue(host, configuration.SKILLS_FOLDER, log, changed)
  const forAgents = handlerFor(host.version, catalogue, 'agents')
  const forOperators = handlerFor(host.version, catalogue, 'operators')
  await catalogue.rescan()
  const timer = setInterval(() => void catalogue.rescan(), configuration.SKILLS_RESCAN_MS)
  const app = createInternalApp(component, async () => {
    const database = await pool.check()
    return { ready: database.ok, database, dependencies: {} }
  })
  const isLocal = localhostAllowedHostnames().includes(configuration.HOST)
  app.use(async (c, next) => foreignRequest(c.req.raw, isLocal) ?? next())
  app.all('/mcp', (c) => forAgents.fetch(c.req.raw))
  app.all('/operators/mcp', (c) => forOperators.fetch(c.req.raw))
  app.get('/skills', (c) => c.json({ skills: forAudience(catalogue, 'agents').map(describe) }))
  app.get('/operators/skills', (c) => {
    const audience = c.req.query('audience')
    const skills = catalogue.skills.filter(
      ({ manifest }) => audience === undefined || manifest.audience === audience,
    )
    return c.json({ skills: skills.map(describeFully), refused: catalogue.refused, sandbox })
  })
  const release = async () => {
    clearInterval(timer)
    await Promise.all([forAgents.close(), forOperators.close()])
    await catalogue.close()
    await pool.close()
  }
  return startComponent(component, app.fetch, release)
}

/** A page in a browser on this machine, or a name that was turned to lead here, must not reach the tools. */
const foreignRequest = (request: Request, isLocal: boolean): Response | undefined =>
  originValidationResponse(request, localhostAllowedOrigins()) ??
  (isLocal ? hostHeaderValidationResponse(request, localhostAllowedHostnames()) : undefined)

const forAudience = (catalogue: Catalogue, audience: SkillManifest['audience']) =>
  catalogue.skills.filter(({ manifest }) => manifest.audience === audience)

function handlerFor(version: string, catalogue: Catalogue, audience: SkillManifest['audience']) {
  return createMcpHandler(() => createServer(version, catalogue, audience))
}

/** One MCP server in front of all skills of an audience; each request sees the skills as they are then. */
function createServer(version: string, catalogue: Catalogue, audience: SkillManifest['audience']): Server {
  const server = new Server(
    { name: 'clawdbot-skills', version },
    { capabilities: { tools: { listChanged: true } } },
  )
  const skills = () => forAudience(catalogue, audience)
  server.setRequestHandler('tools/list', () => ({
    tools: skills().flatMap(({ tools }) => tools),
  }))
  server.setRequestHandler('tools/call', async ({ params }, context) => {
    const { name, arguments: input = {} } = params
    const skill = skills().find(({ tools }) => tools.some((tool) => tool.name === name))
    if (!skill)
      throw new ProtocolError(ProtocolErrorCode.InvalidParams, `there is no tool ${name.slice(0, 100)}`)
    const user = audience === 'operators' ? 'operator' : context.mcpReq._meta?.[USER_META]
    // Text of a user may only be kept under the name of a user.
    if (typeof user !== 'string' || user === '')
      return { isError: true, content: [{ type: 'text' as const, text: `_meta['${USER_META}'] is missing` }] }
    return skill.call(name, input, user)
  })
  return server
}

/** What agents and their users see of a skill. */
function describe(skill: RunningSkill) {
  const { network: hosts, database } = skill.manifest.permissions
  return { ...describeFully(skill), permissions: { network: hosts.length > 0, hosts, database } }
}

/** What an operator sees: the permissions as the manifest names them, which is what is granted. */
function describeFully({ manifest, tools, surface, isSandboxed }: RunningSkill) {
  const { name, version, description, audience, permissions, digest } = manifest
  const allowedBy = new Map(manifest.tools.map((tool) => [tool.name, tool.allowedBy]))
  const listed = tools.map((tool) => ({
    name: tool.name,
    description: tool.description,
    allowedBy: allowedBy.get(tool.name) ?? [],
  }))
  return {
    name,
    version,
    description,
    audience,
    permissions,
    digest,
    surface,
    sandboxed: isSandboxed,
    tools: listed,
  }
}
