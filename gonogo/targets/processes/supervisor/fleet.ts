import type { Instance, Workload } from '#targets/target.ts'
import { endStrays } from './leftovers.ts'
import { isSameProcess, signalProcess } from './process-identity.ts'
import type { Blueprint, ProcessRecord } from './saved-state.ts'
import { settlesWithin } from './settles-within.ts'
import { tidyLogs } from './tidy-logs.ts'
import { type GroupParts, VersionGroup } from './version-group.ts'

/** Versions that can still be reverted to after they were ended. */
const ARCHIVED = 10
const POLL_MS = 50

/** Every version that is deployed. Calls about one version wait for each other; versions do not. */
export class Fleet {
  readonly #parts: GroupParts
  readonly #groups = new Map<string, VersionGroup>()
  readonly #queues = new Map<string, Promise<unknown>>()

  constructor(parts: GroupParts) {
    this.#parts = parts
  }

  get(version: string): VersionGroup | undefined {
    return this.#groups.get(version)
  }

  get versions(): string[] {
    return [...this.#groups.keys()]
  }

  instances(): Instance[] {
    return [...this.#groups.values()].flatMap((group) => group.instances())
  }

  /** Makes a version known; starts nothing. */
  create(workload: Workload, blueprint: Blueprint): VersionGroup {
    const record = {
      workload: { ...workload, config: { ...workload.config } },
      blueprint,
      desired: 0,
      stacks: [],
    }
    this.#parts.stateFile.state.versions[workload.version] = record
    const group = new VersionGroup(record, this.#parts)
    this.#groups.set(workload.version, group)
    return group
  }

  /** Ends a version and forgets it, but for what a revert to it needs. Draining takes at most twice `drainMs`. */
  async end(version: string, drainMs: number): Promise<void> {
    const group = this.#groups.get(version)
    if (!group) return
    group.abort()
    await group.shrink(0, drainMs)
    this.#groups.delete(version)
    const { state } = this.#parts.stateFile
    const { workload, blueprint } = group.record
    delete state.versions[version]
    state.archive = [...state.archive.filter((a) => a.workload.version !== version), { workload, blueprint }]
    state.archive = state.archive.slice(-ARCHIVED)
    await this.#parts.stateFile.save()
    await tidyLogs(this.#parts.place.folder, state)
  }

  /** One call about a version at a time. */
  async exclusive<T>(version: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(version) ?? Promise.resolve()
    const run = before.catch(() => {}).then(work)
    this.#queues.set(version, run)
    try {
      return await run
    } finally {
      if (this.#queues.get(version) === run) this.#queues.delete(version)
    }
  }

  /** After the supervisor's own end: adopts what runs, restarts what should, ends what was ending or never written down. */
  recover(): number[] {
    const { versions } = this.#parts.stateFile.state
    for (const [version, record] of Object.entries(versions)) {
      const ending = record.stacks.filter((stack) => stack.ending)
      record.stacks = record.stacks.filter((stack) => !stack.ending)
      for (const process of ending.flatMap((stack) => stack.processes))
        void endRecorded(process, record.blueprint.drainMs)
      const group = new VersionGroup(record, this.#parts)
      this.#groups.set(version, group)
    }
    const known = Object.values(versions).flatMap((record) => record.stacks.flatMap((s) => s.processes))
    const kept = new Set(
      known.flatMap((p) =>
        p.pid !== null && p.identity !== null && isSameProcess(p.pid, p.identity) ? [p.pid] : [],
      ),
    )
    const strays = endStrays(this.#parts.place.mark, kept)
    for (const group of this.#groups.values()) group.recover()
    return strays
  }
}

async function endRecorded({ pid, identity }: ProcessRecord, graceMs: number): Promise<void> {
  if (pid === null || identity === null) return
  if (!signalProcess(pid, identity, 'SIGTERM', 'process')) return
  let isWatched = true
  const gone = (async () => {
    while (isWatched && isSameProcess(pid, identity)) await new Promise((r) => setTimeout(r, POLL_MS))
  })()
  if (!(await settlesWithin(gone, graceMs))) signalProcess(pid, identity, 'SIGKILL', 'group')
  isWatched = false
}
