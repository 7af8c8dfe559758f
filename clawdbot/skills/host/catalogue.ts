import { existsSync, lstatSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Log } from '../../runtime/log.ts'
import { ApprovalNeeded, RunningSkill, type SkillHost, type SkillSource } from './running-skill.ts'

/** A skill that does not run, and why; `surface` is what an approval would name. */
export interface RefusedSkill {
  name: string
  reason: string
  surface?: string
}

interface Known {
  /** Changes whenever a file of the skill does, or what was approved of it. */
  print: string
  skill: RunningSkill | null
  refused: RefusedSkill | null
}

/** Those of this release that may run without a sandbox; any other needs one. */
const TRUSTED = ['notes', 'text', 'fetch']

/** The skills of this release and those that somebody put into a folder, as they are now. */
export class Catalogue {
  readonly #known = new Map<string, Known>()
  readonly #host: SkillHost
  readonly #added: string | undefined
  readonly #log: Log
  readonly #changed: () => void
  #scanning: Promise<void> = Promise.resolve()

  /** @param changed is called when the list of tools is another than before */
  constructor(host: SkillHost, added: string | undefined, log: Log, changed: () => void) {
    this.#host = host
    this.#added = added
    this.#log = log
    this.#changed = changed
  }

  /** In the order of their names, so that a list is the same however long each took to start. */
  get skills(): RunningSkill[] {
    const running = [...this.#known.values()].flatMap(({ skill }) => skill ?? [])
    return running.sort((a, b) => (a.manifest.name < b.manifest.name ? -1 : 1))
  }

  get refused(): RefusedSkill[] {
    return [...this.#known.values()].flatMap(({ refused }) => refused ?? [])
  }

  /** Looks for skills that came, changed or went. One look at a time; rejects for nothing. */
  rescan(): Promise<void> {
    this.#scanning = this.#scanning.then(() => this.#scan())
    return this.#scanning
  }

  async close(): Promise<void> {
    await this.#scanning
    await Promise.all(this.skills.map((skill) => skill.stop()))
    this.#known.clear()
  }

  async #scan(): Promise<void> {
    const before = this.#listed()
    const sources = this.#sources()
    const present = new Set(sources.map(({ folder }) => folder))
    for (const [folder, { skill }] of this.#known)
      if (!present.has(folder)) {
        this.#known.delete(folder)
        this.#log.info({ skill: basename(folder) }, 'skill removed')
        await skill?.stop()
      }
    await Promise.all(sources.filter(({ isReleased }) => isReleased).map((source) => this.#look(source)))
    for (const source of sources.filter(({ isReleased }) => !isReleased)) await this.#look(source)
    if (this.#listed() !== before) this.#changed()
  }

  #sources(): SkillSource[] {
    const own = join(import.meta.dirname, '..')
    const released = foldersIn(own).map((folder) => ({
      folder,
      isReleased: true,
      isTrusted: TRUSTED.includes(basename(folder)),
    }))
    const added = this.#added === undefined ? [] : foldersIn(this.#added)
    return [...released, ...added.map((folder) => ({ folder, isReleased: false, isTrusted: false }))]
  }

  async #look(source: SkillSource): Promise<void> {
    const { folder } = source
    const known = this.#known.get(folder)
    const print = `${printOf(folder)} ${source.isReleased ? '' : this.#host.approvals.of(basename(folder))}`
    if (known?.print === print) return
    await known?.skill?.stop()
    const loaded = await this.#load(source)
    // Loading may have recorded the first approval.
    const settled = `${printOf(folder)} ${source.isReleased ? '' : this.#host.approvals.of(basename(folder))}`
    this.#known.set(folder, { print: settled, ...loaded })
    const { skill, refused } = loaded
    if (skill) this.#log.info({ skill: skill.manifest.name, sandboxed: skill.isSandboxed }, 'skill runs')
    else this.#log.warn({ skill: refused?.name, reason: refused?.reason }, 'skill refused')
  }

  async #load(source: SkillSource): Promise<Pick<Known, 'skill' | 'refused'>> {
    const name = basename(source.folder)
    try {
      const skill = await RunningSkill.load(source, this.#host)
      const clash = this.#clashOf(skill, source.folder)
      if (clash === null) return { skill, refused: null }
      await skill.stop()
      return { skill: null, refused: { name, reason: clash } }
    } catch (error) {
      const surface = error instanceof ApprovalNeeded ? { surface: error.surface } : {}
      return { skill: null, refused: { name, reason: (error as Error).message, ...surface } }
    }
  }

  /** Approvals go by name, and calls by the tool's: neither may be somebody else's. */
  #clashOf({ manifest, tools }: RunningSkill, folder: string): string | null {
    if (manifest.name !== basename(folder)) return `its folder must be named ${manifest.name}`
    for (const [other, { skill }] of this.#known) {
      if (skill === null || other === folder) continue
      if (skill.manifest.name === manifest.name) return `there is a skill ${manifest.name} already`
      const twice = tools.find((tool) => skill.tools.some(({ name }) => name === tool.name))
      if (twice) return `the tool ${twice.name} is that of ${skill.manifest.name}`
    }
    return null
  }

  #listed(): string {
    return this.skills
      .map(({ surface }) => surface)
      .sort()
      .join()
  }
}

function foldersIn(parent: string): string[] {
  if (!existsSync(parent)) return []
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(join(parent, entry.name, 'manifest.json')))
    .map((entry) => join(parent, entry.name))
    .sort()
}

/** Cheap to make, so that it can be made every second: no file is read. */
function printOf(folder: string): string {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .slice(0, 1_000)
      .map((path) => {
        const { mtimeMs, size, ino } = lstatSync(join(folder, path))
        return `${path} ${mtimeMs} ${size} ${ino}`
      })
      .join('\n')
  } catch {
    return 'unreadable'
  }
}
