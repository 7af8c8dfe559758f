import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openSqliteStore } from '../../gonogo/store/sqlite-store.ts'

const ROUNDS = 5
const ROUND_MS = 1000
/** About what a settled check weighs in the log. */
const DATA = {
  item: '1.1.1',
  verdict: 'pass',
  summary: 'x'.repeat(200),
  claim: { commits: 12 },
  evidence: [],
}

export type LogResult = {
  /** Events a second, each answered only when it is on disk. */
  readonly eventsPerSecond: number
  /** The floor: the same bytes appended to a file, each followed by fdatasync. */
  readonly syncedWritesPerSecond: number
}

/** The log with sync on beside plain synced writes on the same disk: medians of interleaved rounds. */
export async function measureLog(): Promise<LogResult> {
  const folder = await mkdtemp(join(tmpdir(), 'gonogo-bench-log-'))
  const store = openSqliteStore(join(folder, 'log.sqlite'))
  const file = openSync(join(folder, 'plain.jsonl'), 'a')
  const line = `${JSON.stringify(DATA)}\n`
  let seq = 0
  const append = () => {
    store.append('d-bench', seq, null, [{ at: seq, type: 'checkSettled', data: DATA }])
    seq++
  }
  const write = () => {
    writeSync(file, line)
    fdatasyncSync(file)
  }
  try {
    const rounds = Array.from(
      { length: ROUNDS },
      () => [ratePerSecond(append), ratePerSecond(write)] as const,
    )
    return {
      eventsPerSecond: median(rounds.map(([events]) => events)),
      syncedWritesPerSecond: median(rounds.map(([, writes]) => writes)),
    }
  } finally {
    store.close()
    closeSync(file)
    await rm(folder, { recursive: true })
  }
}

export function printLog({ eventsPerSecond, syncedWritesPerSecond }: LogResult): void {
  const ratio = (eventsPerSecond / syncedWritesPerSecond).toFixed(2)
  console.log(
    `\nthe log, each event on disk before it is answered: ${eventsPerSecond} events/s; plain synced writes: ${syncedWritesPerSecond}/s (ratio ${ratio})`,
  )
}

function ratePerSecond(work: () => void): number {
  const started = performance.now()
  let done = 0
  while (performance.now() - started < ROUND_MS) {
    work()
    done++
  }
  return Math.round((done * 1000) / (performance.now() - started))
}

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
