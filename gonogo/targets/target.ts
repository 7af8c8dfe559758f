import type { MetricSource } from '#core/sample.ts'

/** What is to run: one version of every component, deployed and rolled back together. */
export type Workload = {
  readonly version: string
  /** Folder (processes, relative to the service file) or image (kubernetes) that holds the components. */
  readonly artifact: string
  /** `sha256:…` of the artifact; deploy refuses an artifact whose digest differs. */
  readonly digest: string
  readonly replicas: number
  /** Configuration of this version; it travels with the workload and rolls back with it. */
  readonly config: Readonly<Record<string, string>>
}

/** One run of the service's own migrations, by what the release brings. */
export type Migration = {
  readonly workload: Workload
  readonly direction: 'up' | 'down'
  /** The schema version wanted; null where the release names none. */
  readonly to: number | null
}

export type Instance = {
  readonly id: string
  readonly version: string
  readonly digest: string
  readonly component: string
  /** True for the one component that users reach through the router. */
  readonly isPublic: boolean
  /** Base address of this instance, reachable from here without passing the router. */
  readonly url: string
  /** Paths of its probes on that address; null where none is declared. */
  readonly readyPath: string | null
  readonly healthPath: string | null
  readonly pid: number | null
  readonly startedAtMs: number
  readonly ready: boolean
  /** Why it is not ready, where the platform knows that and it is not the version's doing. */
  readonly notReady?: string
  readonly restarts: number
  /** Why it will not do what it is there for, as the platform says it; absent where it says nothing. */
  readonly trouble?: { readonly code: string; readonly detail: string }
  readonly logFile: string | null
}

export type TargetState = {
  /** The version that users get when nothing is going on; null before the first deployment. */
  readonly stable: string | null
  /** The stable version's workload; null before the first deployment. */
  readonly stableWorkload: Workload | null
  readonly workloads: readonly Workload[]
  /** Instances that the platform wants of a component of the stable version, where it decides that by itself. */
  readonly autoscaled?: Readonly<Record<string, number>>
  readonly instances: readonly Instance[]
  /** Per cent of new requests per version; they add up to 100 whenever anything runs. */
  readonly weights: Readonly<Record<string, number>>
  /** The public address, through the router. */
  readonly url: string
  /** The public address over TLS; null where there is none. */
  readonly secureUrl: string | null
}

export type Noticed = Pick<TargetState, 'instances' | 'weights'> & {
  /** What somebody else changed of what the calls declared, in words; undefined while a call is under way. */
  readonly drift: string | null | undefined
}

/** Expected failures are values: `code` is stable, `message` names what happened, to what, and what to do. */
export type Outcome =
  | { readonly ok: true; readonly detail: string }
  | { readonly ok: false; readonly code: string; readonly detail: string }

/**
 * Where a service runs. Every method that changes something takes a `key`: a second call with the same key is
 * harmless and answers as the first did, as long as the world still looks as that call left it.
 */
export interface Target {
  observe(): Promise<TargetState>
  /** Runs the workload beside what is there, with no traffic, and waits until each instance is ready. */
  deploy(workload: Workload, key: string): Promise<Outcome>
  /** Starts or ends instances of a version that is deployed; ends by draining first. 0 keeps the version known. */
  scale(version: string, replicas: number, key: string): Promise<Outcome>
  /** Shares new requests between versions; takes effect for the next request. Must add up to 100. */
  setWeights(weights: Readonly<Record<string, number>>, key: string): Promise<Outcome>
  /** Declares a version the stable one. Changes no traffic and ends nothing. */
  promote(version: string, key: string): Promise<Outcome>
  /** All traffic to `version` first (starting its instances when they are gone), then it is the stable one again; `drop` is ended. */
  revert(version: string, drop: string, key: string): Promise<Outcome>
  /** Ends and forgets every version except those named. */
  cleanup(keep: readonly string[], key: string): Promise<Outcome>
  /**
   * Migrates the database to its end. The same key finds the run that was begun before, also one that has ended; after a
   * failure a new key is a new run. Codes: no-database, migration-failed, and why it could not start.
   */
  migrate(migration: Migration, key: string): Promise<Outcome>
  readonly metrics: MetricSource
  /**
   * What a watch has told, without asking anybody: null while it tells nothing. Absent where `observe` asks nobody far away.
   */
  notice?(): Noticed | null
  /** Brings the whole log of an instance that has no `logFile` to a file here; absent where every instance has one. */
  fetchLog?(instance: string): Promise<string>
}
