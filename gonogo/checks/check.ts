import type { z } from 'zod'
import type { Json } from '#core/json.ts'
import type { Release } from '#core/release.ts'
import type { Scrape } from '#core/sample.ts'
import type { Database, Service } from '#core/service.ts'
import type { Verdict } from '#core/verdict.ts'
import type { Instance, Target } from '#targets/target.ts'

/** A blob kept in the evidence store; `digest` is `sha256:…` of its bytes. */
export type EvidenceRef = {
  readonly name: string
  readonly mediaType: string
  readonly digest: string
  readonly bytes: number
}

export type CheckResult = {
  readonly verdict: Verdict
  /** One sentence with numbers: the value seen, never "checked". */
  readonly summary: string
  /** What was found, without times and without sources: two runs that found the same have the same claim. */
  readonly claim: Json
  /** What it was read from: an address, a file with its digest, a command. */
  readonly source: string
  /** How many of how many things were looked at, e.g. "12 of 12 commits". */
  readonly population?: string
  readonly evidence?: readonly EvidenceRef[]
  /** Values for the document's blanks that this item fills, by the blank's key. */
  readonly blanks?: Readonly<Record<string, string>>
  /** When the evidence itself was made, if that is older than the check's run. */
  readonly evidenceAtMs?: number
}

/** An environment as a check sees it. */
export type EnvironmentAccess = {
  readonly name: string
  readonly target: Target
  /** Public address, through the router. */
  readonly url: string
  /** Instances of this release (candidate) that run there now. */
  candidates(): Promise<readonly Instance[]>
  /** Instances of the stable version that run there now. */
  stables(): Promise<readonly Instance[]>
  /** What probes use there (a token, an origin), by its key under `access:`. Throws a CheckProblem with the line to add. */
  access(key: string): Promise<string>
  /** The database declared there, its file as an absolute path; null where none is. */
  readonly database: Database | null
}

export type CheckContext = {
  readonly item: string
  readonly now: () => number
  /** Aborts at the check's time limit; what is still running then comes out as unknown. */
  readonly signal: AbortSignal
  /** Folder of the service file; relative paths in configurations start here. */
  readonly root: string
  readonly service: Service
  readonly release: Release
  /** The release that served users before; null on the first deployment. */
  readonly stable: Release | null
  readonly deploymentId: string
  /** The environment deployed to. */
  readonly environment: EnvironmentAccess
  /** Another environment of the service file, such as staging. Throws a CheckProblem when it is not declared or not running. */
  environmentNamed(name: string): EnvironmentAccess
  /** The last result of another item in this deployment, or null. */
  resultOf(item: string): RecordedResult | null
  /** The same item's last result in the last successful deployment, or null. */
  previousResultOf(item: string): RecordedResult | null
  /** The scrapes kept of this deployment since a moment (epoch ms), in order; null where the source gave none. */
  scrapesSince(ms: number): Iterable<Scrape | null>
  /** Facts of this deployment that are in the log: when things happened. */
  readonly timeline: Timeline
  keep(name: string, mediaType: string, bytes: Uint8Array | string): Promise<EvidenceRef>
}

export type RecordedResult = {
  readonly verdict: Verdict
  readonly claim: Json
  readonly summary: string
  readonly atMs: number
  readonly evidence: readonly EvidenceRef[]
}

export type Timeline = {
  readonly openedAtMs: number
  readonly candidateDeployedAtMs: number | null
  readonly fullTrafficAtMs: number | null
  readonly watchStartedAtMs: number | null
  readonly watchEndsAtMs: number | null
  readonly rolledBack: boolean
  /** Who signed that they take part. */
  readonly confirmed: readonly string[]
}

/** Evidence that cannot be read or used: the item comes out unknown with this message. */
export class CheckProblem extends Error {
  override readonly name = 'CheckProblem'
}

export type Check<C = unknown> = {
  readonly id: string
  readonly title: string
  /** Schema of this check's block under `checks:` in the service file. */
  readonly config: z.ZodType<C>
  /** True when the check needs no block in the service file: it is bound as it is. */
  readonly bound?: (service: Service, release: Pick<Release, 'components'>) => boolean
  /** Evidence older than this is unknown; default 24 h. */
  readonly maxAgeMs?: number
  /** The run is ended at this limit and is unknown; default 60 s. */
  readonly limitMs?: number
  /** False for proofs too costly to repeat just before the last vote (a load test); default true. */
  readonly recheck?: boolean
  /** Items whose results this one reads, or which it would disturb; it runs after them. */
  readonly after?: readonly string[]
  run(ctx: CheckContext, config: C): Promise<CheckResult>
}

/** One automated proof. The config is what stands under `checks: {ID: …}` in the service file, parsed by the schema. */
export const defineCheck = <C>(check: Check<C>): Check<C> => check

export const pass = (summary: string, rest: Omit<CheckResult, 'verdict' | 'summary'>): CheckResult => ({
  verdict: 'pass',
  summary,
  ...rest,
})
export const fail = (summary: string, rest: Omit<CheckResult, 'verdict' | 'summary'>): CheckResult => ({
  verdict: 'fail',
  summary,
  ...rest,
})
export const unknown = (summary: string, rest: Omit<CheckResult, 'verdict' | 'summary'>): CheckResult => ({
  verdict: 'unknown',
  summary,
  ...rest,
})
