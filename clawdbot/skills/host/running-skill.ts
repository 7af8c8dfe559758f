import { readManifest, SkillError, type SkillManifest } from '../manifest.ts'
import { type Approvals, surfaceOf } from './approvals.ts'
import { type HostServices, openGrants } from './grants.ts'
import type { SkillLimits } from './limits.ts'
import type { Command, SandboxState, SkillPlace } from './sandbox.ts'
import { type ServedTool, SkillProcess, type ToolAnswer } from './skill-process.ts'

/** What all skills of a server have in common. */
export interface SkillHost {
  sandbox: SandboxState
  /** How a skill's process is started. */
  command: (place: SkillPlace, limits: SkillLimits) => Command
  approvals: Approvals
  services: HostServices
  limits: SkillLimits
  version: string
}

/** Where a skill comes from. */
export interface SkillSource {
  folder: string
  /** Came with this release, so that the release's review approved it. */
  isReleased: boolean
  /** May run without a sandbox where there is none. */
  isTrusted: boolean
}

/** It waits for somebody to approve what it shows and may do. */
export class ApprovalNeeded extends SkillError {
  override name = 'ApprovalNeeded'
  readonly surface: string

  constructor(surface: string, what: string) {
    super(`${what}; approve it with: node skills/main.ts approve NAME ${surface}`)
    this.surface = surface
  }
}

/** A process may be started anew this often within a minute; one that falls more often is left alone until then. */
const MOST_STARTS = 20
const STARTS_WINDOW_MS = 60_000

/** A skill that was verified, with its process, which is started again at the next call when it has ended. */
export class RunningSkill {
  readonly manifest: SkillManifest
  readonly tools: readonly ServedTool[]
  readonly surface: string
  readonly isSandboxed: boolean
  readonly #source: SkillSource
  readonly #host: SkillHost
  #process: Promise<SkillProcess>
  #starts: number[] = [performance.now()]

  private constructor(
    source: SkillSource,
    host: SkillHost,
    manifest: SkillManifest,
    process: SkillProcess,
    tools: readonly ServedTool[],
  ) {
    this.#source = source
    this.#host = host
    this.#process = Promise.resolve(process)
    this.manifest = manifest
    this.tools = tools
    this.surface = surfaceOf(manifest, tools)
    this.isSandboxed = host.sandbox.available
  }

  /** @throws SkillError for what is not as declared, not approved, or not to be run here */
  static async load(source: SkillSource, host: SkillHost): Promise<RunningSkill> {
    const manifest = readManifest(source.folder)
    if (!host.sandbox.available && !source.isTrusted)
      throw new SkillError(`not trusted, and there is no sandbox to run it in: ${host.sandbox.reason}`)
    const process = await start(source, host, manifest)
    try {
      const tools = await process.tools()
      mustBeDeclared(manifest, tools)
      if (!source.isReleased) mustBeApproved(manifest, surfaceOf(manifest, tools), host.approvals)
      return new RunningSkill(source, host, manifest, process, tools)
    } catch (error) {
      await process.stop()
      throw error
    }
  }

  /** Runs one of its tools for a user. */
  async call(tool: string, input: Record<string, unknown>, user: string): Promise<ToolAnswer> {
    try {
      return await (await this.#alive()).call(tool, input, user)
    } catch (error) {
      return { isError: true, content: [{ type: 'text', text: (error as Error).message }] }
    }
  }

  async stop(): Promise<void> {
    await (await this.#process.catch(() => undefined))?.stop()
  }

  async #alive(): Promise<SkillProcess> {
    const current = this.#process
    const running = await current.catch(() => undefined)
    if (running?.ended === null) return running
    if (this.#process !== current) return this.#alive()
    const now = performance.now()
    this.#starts = [...this.#starts.filter((at) => at > now - STARTS_WINDOW_MS), now]
    if (this.#starts.length > MOST_STARTS)
      throw new Error(`${this.manifest.name} ended too often; try again in a minute`)
    this.#process = this.#startAgain()
    return this.#process
  }

  /** It must come back as it was: what it lists may have been read by a model already. */
  async #startAgain(): Promise<SkillProcess> {
    const process = await start(this.#source, this.#host, this.manifest)
    if (surfaceOf(this.manifest, await process.tools()) === this.surface) return process
    await process.stop()
    throw new SkillError(`${this.manifest.name} came back with other tools than were approved`)
  }
}

function start({ folder }: SkillSource, host: SkillHost, manifest: SkillManifest): Promise<SkillProcess> {
  return SkillProcess.start(
    { skill: folder, name: manifest.name, entry: manifest.entry },
    {
      command: host.command,
      limits: host.limits,
      openGrants: (socket) => openGrants(socket, manifest, host.services),
      version: host.version,
    },
  )
}

function mustBeDeclared({ tools: declared }: SkillManifest, served: readonly ServedTool[]): void {
  const shown = (tools: readonly { name: string; description: string }[]) =>
    tools.map(({ name, description }) => `${name}: ${description}`).sort()
  const [wanted, found] = [shown(declared), shown(served)]
  const other = found.find((tool) => !wanted.includes(tool)) ?? wanted.find((tool) => !found.includes(tool))
  if (other !== undefined) throw new SkillError(`declared and served tools differ: ${other.slice(0, 160)}`)
}

/** What needs nothing is approved at first sight; permissions, and every change, need a person. */
function mustBeApproved({ name, permissions }: SkillManifest, surface: string, approvals: Approvals): void {
  const known = approvals.of(name)
  if (known === surface) return
  const needsNothing = permissions.network.length === 0 && permissions.database.length === 0
  if (known !== undefined) throw new ApprovalNeeded(surface, 'its description, tools or permissions changed')
  if (!needsNothing) throw new ApprovalNeeded(surface, 'it wants permissions')
  approvals.record(name, surface)
}
