import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/client'
import { CALL_META } from '../kit/serve-skill.ts'
import type { Grants } from './grants.ts'
import type { SkillLimits } from './limits.ts'
import type { Command, SkillPlace } from './sandbox.ts'
import { SkillTransport } from './skill-transport.ts'
import { watchProcess } from './watchdog.ts'

/** A tool as the process lists it. */
export type ServedTool = {
  name: string
  description: string
  inputSchema: { type: 'object' } & Record<string, unknown>
}

/** What a tool answered, as MCP has it. */
export type ToolAnswer = {
  content: { type: 'text'; text: string }[]
  isError?: boolean
}

export interface ProcessOptions {
  command: (place: SkillPlace, limits: SkillLimits) => Command
  limits: SkillLimits
  /** Opens the socket by which the skill asks for what it is granted; answers what closes it. */
  openGrants: (socket: string) => Promise<Grants>
  version: string
}

const START_MS = 15_000
const MOST_TEXT = 16_000

/** One run of a skill: an MCP server in a process of its own, ended at the first limit it reaches. */
export class SkillProcess {
  readonly #transport: SkillTransport
  readonly #client: Client
  readonly #grants: Grants
  readonly #limits: SkillLimits

  private constructor(transport: SkillTransport, client: Client, grants: Grants, limits: SkillLimits) {
    this.#transport = transport
    this.#client = client
    this.#grants = grants
    this.#limits = limits
  }

  /** Starts it. Rejects, with everything released, when it does not speak MCP in time. */
  static async start(place: Omit<SkillPlace, 'run'>, options: ProcessOptions): Promise<SkillProcess> {
    const run = mkdtempSync(join(tmpdir(), 'clawdbot-skill-'))
    chmodSync(run, 0o711)
    const grants = await options.openGrants(join(run, 'host.sock'))
    const transport = new SkillTransport(
      options.command({ ...place, run }, options.limits),
      options.limits.outputBytes,
    )
    const client = new Client({ name: 'clawdbot-skills', version: options.version })
    const { pid } = transport.child
    // What starts is waited for; what runs may wait.
    let hasStarted = false
    const unwatch =
      pid === undefined
        ? () => {}
        : watchProcess(
            pid,
            options.limits,
            (why) => transport.end(why),
            () => hasStarted,
          )
    transport.child.once('close', () => {
      unwatch()
      grants.close()
      rmSync(run, { recursive: true, force: true })
    })
    try {
      await client.connect(transport, { timeout: START_MS })
      hasStarted = true
      return new SkillProcess(transport, client, grants, options.limits)
    } catch (error) {
      transport.end('it did not start')
      throw new Error(transport.ended ?? (error as Error).message)
    }
  }

  /** Null while it runs. */
  get ended(): string | null {
    return this.#transport.ended
  }

  async tools(): Promise<ServedTool[]> {
    const { tools } = await this.#client.listTools({}, { timeout: START_MS })
    return tools.map(({ name, description = '', inputSchema }) => ({
      name,
      description,
      inputSchema: inputSchema as ServedTool['inputSchema'],
    }))
  }

  /** Runs a tool for a user. A tool that does not come to an end is ended, and the answer says why. */
  async call(name: string, input: Record<string, unknown>, user: string): Promise<ToolAnswer> {
    const ticket = this.#grants.admit(user)
    const request = { name, arguments: input, _meta: { [CALL_META]: ticket } }
    const late = setTimeout(
      () => this.#transport.end(`it had no answer within ${this.#limits.callMs / 1000} s`),
      this.#limits.callMs,
    )
    try {
      const { content, isError } = await this.#client.callTool(request, {
        timeout: this.#limits.callMs + 1_000,
      })
      const text = content.map((part) => (part.type === 'text' ? part.text : '')).join('\n')
      return { content: [{ type: 'text', text: text.slice(0, MOST_TEXT) }], ...(isError ? { isError } : {}) }
    } catch (error) {
      const text = this.ended === null ? (error as Error).message : `the skill was ended: ${this.ended}`
      return { isError: true, content: [{ type: 'text', text }] }
    } finally {
      clearTimeout(late)
      this.#grants.dismiss(ticket)
    }
  }

  async stop(): Promise<void> {
    const { child } = this.#transport
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()))
    if (child.exitCode !== null || child.signalCode !== null) return
    this.#transport.end('it was stopped')
    await gone
  }
}
