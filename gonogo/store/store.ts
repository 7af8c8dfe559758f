import type { LogRecord } from '#core/record.ts'

/** What is appended: the store adds sequence number, time and chain. */
export type NewRecord = { readonly at: number; readonly type: string; readonly data: unknown }

export type AppendResult =
  | { readonly ok: true; readonly records: readonly LogRecord[] }
  /** Somebody else appended since `expectedSeq`: read, decide again. */
  | { readonly ok: false; readonly code: 'conflict'; readonly seq: number }
  /** A newer engine holds the lease: stop at once. */
  | { readonly ok: false; readonly code: 'deposed'; readonly epoch: number }

export type LeaseResult =
  | { readonly ok: true; readonly epoch: number }
  | { readonly ok: false; readonly holder: string; readonly expiresAt: number }

export type StoredSample = { readonly at: number; readonly body: string }

/** Storage that cannot be used: `code` is disk-full, read-only, in-use or broken; the message names the file and the remedy. */
export class StoreProblem extends Error {
  override readonly name = 'StoreProblem'
  readonly code: 'disk-full' | 'read-only' | 'in-use' | 'broken'
  constructor(code: StoreProblem['code'], message: string) {
    super(message)
    this.code = code
  }
}

/**
 * The append-only log: one stream a deployment, each record chained to the one before. What `append` has answered ok is
 * on disk. Throws StoreProblem when storage cannot be used.
 */
export interface Store {
  /** Appends all or nothing, only when the stream's last sequence number is `expectedSeq`. People append with epoch null. */
  append(
    stream: string,
    expectedSeq: number,
    epoch: number | null,
    records: readonly NewRecord[],
  ): AppendResult
  /** Records after `from`, in order. */
  read(stream: string, from: number): readonly LogRecord[]
  streams(): readonly string[]
  /** One engine a stream. Taken when free, expired, or already this holder's; each new holder gets a higher epoch. */
  lease(stream: string, holder: string, now: number, ttlMs: number): LeaseResult
  release(stream: string, holder: string): void
  /** Raw samples have a table of their own; their digests go into the log. */
  addSample(stream: string, sample: StoredSample): void
  samples(stream: string, fromMs: number, toMs: number): readonly StoredSample[]
  /** All of them, one at a time and in the order they came: a day of scrapes does not fit into memory at once. */
  eachSample(stream: string): Iterable<StoredSample>
  close(): void
}
