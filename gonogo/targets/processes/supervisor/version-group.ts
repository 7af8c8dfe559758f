import type { Instance, Outcome } from '#targets/target.ts'
import type { Router } from '../proxy/router.ts'
import type { Ports } from './ports.ts'
import type { StackRecord, VersionRecord } from './saved-state.ts'
import { Stack } from './stack.ts'
import { hasClash, newStack } from './stack-record.ts'
import type { StateFile } from './state-file.ts'

/** A port that somebody took between its choice and the start is chosen anew this often. */
const PORT_CLASHES = 3

export type GroupParts = {
  readonly router: Router
  readonly ports: Ports
  readonly stateFile: StateFile
  readonly place: { readonly folder: string; readonly mark: string }
}

/** The stacks of one version. */
export class VersionGroup {
  readonly record: VersionRecord
  readonly #parts: GroupParts
  readonly #end = new AbortController()
  #stacks: Stack[] = []

  constructor(record: VersionRecord, parts: GroupParts) {
    this.record = record
    this.#parts = parts
  }

  get version(): string {
    return this.record.workload.version
  }

  get readyCount(): number {
    return this.#stacks.filter((stack) => stack.isReady).length
  }

  get pids(): number[] {
    return this.#stacks.flatMap((stack) => stack.pids)
  }

  instances(): Instance[] {
    return this.#stacks.flatMap((stack) => stack.instances())
  }

  /** Whoever waits for this version to be ready waits no longer: it is to end. */
  abort(): void {
    this.#end.abort()
  }

  /** Takes over or restarts what the state file says should run. */
  recover(): void {
    for (const record of this.record.stacks) {
      for (const process of record.processes) this.#parts.ports.hold(process.port)
      this.#launch(record, 'recovered')
    }
  }

  /** Starts what is missing and waits for every stack. One outcome a stack; what failed goes on being restarted. */
  async grow(
    stacks: number,
    saved: 'must-be-saved' | 'even-unsaved',
    onReady?: () => void,
  ): Promise<Outcome[]> {
    const before = this.record.desired
    this.record.desired = stacks
    const fresh: StackRecord[] = []
    while (this.#stacks.length + fresh.length < stacks) fresh.push(await newStack(this.record, this.#parts))
    this.record.stacks.push(...fresh)
    const unsaved = await this.#parts.stateFile.save()
    if (unsaved && saved === 'must-be-saved') {
      this.record.desired = before
      this.record.stacks = this.record.stacks.filter((stack) => !fresh.includes(stack))
      return [notSaved(unsaved)]
    }
    for (const record of fresh) this.#launch(record, 'new')
    const waits = this.#stacks.map(async (stack) => {
      const outcome = await this.#untilReady(stack)
      if (outcome.ok) onReady?.()
      return outcome
    })
    return Promise.all(waits)
  }

  /** Drains and ends all but this many: first those that are not ready, then the youngest. */
  async shrink(stacks: number, drainMs: number): Promise<void> {
    this.record.desired = stacks
    const byWorth = [...this.#stacks].sort((a, b) => Number(b.isReady) - Number(a.isReady))
    await Promise.all(byWorth.slice(stacks).map((stack) => this.#remove(stack, drainMs)))
    await this.#parts.stateFile.save()
  }

  /** Ends what did not become ready; what is ready stays. */
  async endUnready(): Promise<void> {
    await this.shrink(this.readyCount, 0)
  }

  async #untilReady(first: Stack): Promise<Outcome> {
    let stack = first
    for (let clash = 0; ; clash++) {
      const outcome = await stack.whenReady(this.#end.signal)
      if (outcome.ok || clash === PORT_CLASHES || !(await hasClash(stack.record))) return outcome
      await this.#remove(stack, 0)
      const record = await newStack(this.record, this.#parts)
      this.record.stacks.push(record)
      stack = this.#launch(record, 'new')
    }
  }

  async #remove(stack: Stack, drainMs: number): Promise<void> {
    await stack.stop(drainMs)
    this.#stacks = this.#stacks.filter((s) => s !== stack)
    this.record.stacks = this.record.stacks.filter((record) => record !== stack.record)
    for (const { port } of stack.record.processes) this.#parts.ports.release(port)
  }

  #launch(record: StackRecord, mode: 'new' | 'recovered'): Stack {
    const { workload, blueprint } = this.record
    const { router, place, stateFile } = this.#parts
    const changed = () => void stateFile.save()
    const stack = new Stack({ record, workload, blueprint, place, router, changed })
    this.#stacks.push(stack)
    stack.start(mode)
    return stack
  }
}

const notSaved = (reason: string): Outcome => ({
  ok: false,
  code: 'state-not-saved',
  detail: `the supervisor's state cannot be written (${reason}), so nothing was started; make room and try again`,
})
