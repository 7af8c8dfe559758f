import type { InstanceCounters } from '#connectors/prometheus-text/instance-counters.ts'
import type { HistogramBucket, InstanceSample } from '#core/sample.ts'
import type { Base, SavedState } from './saved-state.ts'
import { SLOTS, type Slot } from './slots.ts'

/** Counters by group, “SLOT PLACE”: a router may count one Service in several places. */
export type Counted = ReadonlyMap<string, InstanceCounters>

/**
 * Whose requests the router's counters are. A slot's Service serves one version after another, so what it had counted
 * before counts for none of the later ones; as long as that is not known, nothing of it is told.
 */
export type RouterLedger = {
  /** What the slot's Service counts from now on is another version's. It is saved with the state. */
  handOver(slot: Slot): void
  /** How often a Service changed hands: a page from before says nothing about whose requests are on it. */
  handovers(): number
  /** A page that was asked for at that time, of a process that began then (epoch ms). */
  use(counted: Counted, atMs: number, startedMs: number | null): void
  /** Whether every version that has traffic is told. */
  isWhole(): boolean
  instances(): InstanceSample[]
  lastRequestAt(version: string): number | null
}

/** How far apart one process may seem to have begun by two of its pages: ages are in whole seconds, and pages take time. */
const SAME_MS = 3000

/** `lateMs`: what was counted before a hand-over may come so much later. */
export function routerLedger(state: () => SavedState, lateMs: number): RouterLedger {
  const last = new Map<string, InstanceSample>()
  /** The most that was counted of each group; a router that forgot a Service begins anew. */
  const most = new Map<string, number>()
  const lastRequests = new Map<string, number>()
  /** Whose each slot's Service was last: requests on their way when a version leaves its slot are still its own. */
  const holders = new Map<Slot, string>()
  let handovers = 0
  /** Before the first reading everything may have been running already. */
  let readAtMs = Number.POSITIVE_INFINITY
  const drop = (slot: Slot) => {
    const { bases } = state()
    for (const group of Object.keys(bases)) if (slotOf(group) === slot) delete bases[group]
  }
  /**
   * A router that was started again counts from zero. One that was running already beside the one read before has counted
   * requests of other times and other versions: from it, too, what comes is counted, and not what was.
   */
  const meet = (atMs: number, startedMs: number) => {
    const known = state().routerStartedMs
    state().routerStartedMs = startedMs
    if (known === null || Math.abs(startedMs - known) <= SAME_MS) return
    for (const slot of SLOTS) {
      if (startedMs > readAtMs) drop(slot)
      else state().unbased[slot] = atMs
    }
  }
  const takeBase = (slot: Slot, counted: Counted) => {
    const { bases, unbased } = state()
    drop(slot)
    for (const [group, counters] of counted) if (slotOf(group) === slot) bases[group] = baseOf(counters)
    for (const key of [...most.keys()]) if (key.split(' ')[1] === slot) most.delete(key)
    delete unbased[slot]
  }
  const tell = (version: string, group: string, counters: InstanceCounters) => {
    const { bases } = state()
    const base = bases[group]
    const own = base ? since(counters, base) : counters
    // What counts from zero will pass its old base one day, and would seem to fall once more.
    if (!own) delete bases[group]
    const key = `${version} ${group}`
    const seen = { version, instance: group, ...(own ?? counters) }
    if (seen.requests > (most.get(key) ?? 0)) {
      most.set(key, seen.requests)
      lastRequests.set(version, Date.now())
    }
    last.set(key, seen)
  }
  return {
    handOver: (slot) => {
      handovers++
      holders.delete(slot)
      state().unbased[slot] = Date.now()
    },
    handovers: () => handovers,
    use: (counted, atMs, startedMs) => {
      if (startedMs !== null) meet(atMs, startedMs)
      readAtMs = atMs
      const { unbased, versions } = state()
      for (const slot of SLOTS) {
        const sinceMs = unbased[slot]
        // A clock that was set back must not hold this up.
        if (sinceMs !== undefined && Math.abs(atMs - sinceMs) >= lateMs) takeBase(slot, counted)
      }
      for (const { slot, workload } of Object.values(versions)) holders.set(slot, workload.version)
      for (const [group, counters] of counted) {
        const slot = slotOf(group)
        const version = holders.get(slot)
        if (version !== undefined && unbased[slot] === undefined) tell(version, group, counters)
      }
    },
    isWhole: () => {
      const { unbased, versions, weights } = state()
      return Object.values(versions).every(
        ({ slot, workload }) => unbased[slot] === undefined || !weights[workload.version],
      )
    },
    instances: () => [...last.values()],
    lastRequestAt: (version) => lastRequests.get(version) ?? null,
  }
}

const slotOf = (group: string): Slot => group.split(' ')[0] as Slot

/** JSON has no infinity: that bound is null. */
const baseOf = ({ requests, errors, buckets }: InstanceCounters): Base => ({
  requests,
  errors,
  buckets: buckets.map(({ leMs, count }) => ({ leMs: Number.isFinite(leMs) ? leMs : null, count })),
})

/** What was counted after the base; null where the router was started again since, and counts from zero. */
function since(counters: InstanceCounters, base: Base): InstanceCounters | null {
  const baseCount = (leMs: number): number =>
    base.buckets.find((one) => (one.leMs ?? Number.POSITIVE_INFINITY) === leMs)?.count ?? 0
  const buckets: HistogramBucket[] = counters.buckets.map(({ leMs, count }) => ({
    leMs,
    count: count - baseCount(leMs),
  }))
  const requests = counters.requests - base.requests
  const errors = counters.errors - base.errors
  const hasFallen = requests < 0 || errors < 0 || buckets.some(({ count }) => count < 0)
  return hasFallen ? null : { requests, errors, buckets }
}
