import type { Instance, Outcome, Workload } from '#targets/target.ts'
import type { Backend, Router } from '../proxy/router.ts'
import { INSTANCE_HOST, planLaunches, urlOf } from './launch.ts'
import { ManagedProcess } from './managed-process.ts'
import { isReady } from './readiness.ts'
import type { Blueprint, StackRecord } from './saved-state.ts'
import { settlesWithin } from './settles-within.ts'
import { notReady, startFailure } from './start-failure.ts'

const PROBE_STARTING_MS = 100
const PROBE_READY_MS = 500
/** One lost probe on a busy machine is no outage. */
const PROBES_UNTIL_UNREADY = 2
const DRAIN_POLL_MS = 20

export type StackParts = {
  readonly record: StackRecord
  readonly workload: Workload
  readonly blueprint: Blueprint
  readonly place: { readonly folder: string; readonly mark: string }
  readonly router: Router
  /** The record changed and should be saved. */
  changed(): void
}

/** One replica: a process of each component, ready when all are, behind the proxy with its public one. */
export class Stack {
  readonly record: StackRecord
  readonly #parts: StackParts
  readonly #processes: ManagedProcess[] = []
  #backend: Backend | null = null
  #missed = 0
  #wasReady = false
  #stopped: Promise<void> | null = null
  #timer: NodeJS.Timeout | null = null
  #whenReady = Promise.withResolvers<Outcome>()

  constructor(parts: StackParts) {
    this.#parts = parts
    this.record = parts.record
  }

  get isReady(): boolean {
    return (this.#backend?.ready ?? false) && !this.record.ending
  }

  get pids(): number[] {
    return this.#processes.flatMap((p) => p.record.pid ?? [])
  }

  /** Starts every process, or takes over those that run already, and begins to probe. */
  start(mode: 'new' | 'recovered'): void {
    const { record, workload, blueprint, place } = this.#parts
    const plan = planLaunches(record, workload, blueprint, place)
    if (!plan.ok) {
      this.#whenReady.resolve(plan)
      return
    }
    for (const process of record.processes) {
      const launch = plan.launches.get(process.component)
      if (!launch) continue
      this.#processes.push(
        new ManagedProcess(process, launch, {
          changed: () => this.#parts.changed(),
          ended: () => this.#processEnded(),
        }),
      )
    }
    const isPublic = record.processes.find((p) => blueprint.components[p.component]?.public)
    if (isPublic)
      this.#backend = this.#parts.router.add({
        version: workload.version,
        instance: isPublic.id,
        host: INSTANCE_HOST,
        port: isPublic.port,
      })
    const adopted = mode === 'recovered' ? this.#processes.filter((process) => process.adopt()) : []
    for (const process of this.#processes) if (!adopted.includes(process)) process.start()
    // What outlived the supervisor goes on serving at once; the first probe corrects it.
    if (adopted.length === this.#processes.length) this.#noteProbe(true)
    void this.#probe()
  }

  /** Resolves when the stack is ready, or with why it will not be. */
  async whenReady(signal: AbortSignal): Promise<Outcome> {
    if (this.isReady) return { ok: true, detail: 'ready' }
    const aborted = new Promise<Outcome>((resolve) => {
      signal.addEventListener('abort', () =>
        resolve({ ok: false, code: 'aborted', detail: 'a later call ended this version' }),
      )
    })
    const { readyTimeoutMs } = this.#parts.blueprint
    const inTime = await settlesWithin(Promise.race([this.#whenReady.promise, aborted]), readyTimeoutMs)
    if (inTime) return Promise.race([this.#whenReady.promise, aborted])
    return notReady(this.#processes, readyTimeoutMs)
  }

  /** Out of the choice, then no request under way (at most `drainMs`), then the processes, the public one first. */
  stop(drainMs: number): Promise<void> {
    this.#stopped ??= this.#stop(drainMs)
    return this.#stopped
  }

  instances(): Instance[] {
    const { workload, blueprint } = this.#parts
    return this.#processes.map(({ record, isRunning }) => ({
      id: record.id,
      version: workload.version,
      digest: workload.digest,
      component: record.component,
      isPublic: blueprint.components[record.component]?.public ?? false,
      url: urlOf(record),
      readyPath: blueprint.components[record.component]?.ready ?? null,
      healthPath: blueprint.components[record.component]?.health ?? null,
      pid: record.pid,
      startedAtMs: record.startedAtMs,
      ready: isRunning && this.isReady,
      restarts: record.restarts,
      logFile: record.logFile,
    }))
  }

  async #stop(drainMs: number): Promise<void> {
    this.record.ending = true
    if (this.#timer) clearTimeout(this.#timer)
    const backend = this.#backend
    if (backend) backend.draining = true
    this.#parts.changed()
    const until = Date.now() + drainMs
    while (backend && backend.inFlight > 0 && Date.now() < until)
      await new Promise((resolve) => setTimeout(resolve, DRAIN_POLL_MS))
    const isPublic = (p: ManagedProcess) => p.record.id === backend?.instance
    await Promise.all(this.#processes.filter(isPublic).map((p) => p.stop(drainMs)))
    await Promise.all(this.#processes.filter((p) => !isPublic(p)).map((p) => p.stop(drainMs)))
    if (backend) this.#parts.router.remove(backend)
  }

  async #probe(): Promise<void> {
    const { components } = this.#parts.blueprint
    await Promise.all(
      this.#processes.map(async (process) => {
        const { record } = process
        const component = components[record.component]
        const path = component?.ready ?? component?.health
        process.isReady = process.isRunning && (await isReady(INSTANCE_HOST, record.port, path))
      }),
    )
    if (this.record.ending) return
    // A process may have ended while the others were asked.
    this.#noteProbe(this.#processes.every((p) => p.isReady && p.isRunning))
    this.#timer = setTimeout(
      () => void this.#probe(),
      this.#backend?.ready ? PROBE_READY_MS : PROBE_STARTING_MS,
    )
  }

  #noteProbe(isUp: boolean): void {
    this.#missed = isUp ? 0 : this.#missed + 1
    if (!this.#backend) return
    if (isUp) {
      this.#backend.ready = true
      this.#wasReady = true
      this.#whenReady.resolve({ ok: true, detail: 'ready' })
    } else if (this.#missed >= PROBES_UNTIL_UNREADY) this.#backend.ready = false
  }

  #processEnded(): void {
    if (this.#backend) this.#backend.ready = false
    const failure = this.#wasReady ? null : startFailure(this.#processes)
    if (failure) this.#whenReady.resolve(failure)
  }
}
