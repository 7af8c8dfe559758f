import { readdirSync, readFileSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { Part } from './stack.ts'

/** What a process holds at a moment: MiB, MiB of JavaScript after a collection, open files and sockets, its descendants. */
export type Sample = {
  readonly atMs: number
  readonly rss: number
  readonly heap: number
  readonly handles: number
  readonly descendants: number
  /** Memory that JavaScript holds outside of the heap, such as buffers, in MiB. */
  readonly external: number
}

const MIB = 1024 ** 2
/** How long a collection may take before the heap is read. */
const COLLECTED_MS = 500

/** Looks at a process after it has collected its garbage. Throws where it is gone. */
export async function sample({ pid, url }: Part): Promise<Sample> {
  process.kill(pid, 'SIGUSR2')
  await wait(COLLECTED_MS)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  const heap = numberIn(metrics, 'nodejs_heap_size_used_bytes')
  const external = numberIn(metrics, 'nodejs_external_memory_bytes')
  const rssKiB = numberIn(readFileSync(`/proc/${pid}/status`, 'utf8'), 'VmRSS:')
  return {
    atMs: performance.now(),
    rss: (rssKiB * 1024) / MIB,
    heap: heap / MIB,
    external: external / MIB,
    handles: readdirSync(`/proc/${pid}/fd`).length,
    descendants: descendantsOf(pid),
  }
}

/** The number behind a name at a line's start. Throws where there is none: nothing read must not pass for no growth. */
export function numberIn(text: string, name: string): number {
  const [, value] = new RegExp(`^${name}[ \\t]+(\\S+)`, 'm').exec(text) ?? []
  const number = Number(value)
  if (value === undefined || !Number.isFinite(number)) throw new Error(`tells no ${name}`)
  return number
}

function descendantsOf(pid: number): number {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number),
  )
  return children.reduce((sum, child) => {
    try {
      return sum + 1 + descendantsOf(child)
    } catch {
      // It ended while it was looked at.
      return sum
    }
  }, 0)
}

/** A slope per hour, and twice its standard error. */
export type Slope = { readonly perHour: number; readonly error: number }

/** Least squares over all but the first third, in which a process warms up. Null for fewer than three points. */
export function slopeOf(samples: readonly Sample[], key: Exclude<keyof Sample, 'atMs'>): Slope | null {
  const late = samples.slice(Math.ceil(samples.length / 3))
  if (late.length < 3) return null
  const hours = late.map(({ atMs }) => atMs / 3_600_000)
  const values = late.map((one) => one[key])
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, one) => sum + one, 0) / numbers.length
  const [x, y] = [mean(hours), mean(values)]
  const spread = hours.reduce((sum, hour) => sum + (hour - x) ** 2, 0)
  const perHour = hours.reduce((sum, hour, n) => sum + (hour - x) * ((values[n] ?? y) - y), 0) / spread
  const left = hours.reduce((sum, hour, n) => sum + ((values[n] ?? y) - y - perHour * (hour - x)) ** 2, 0)
  return { perHour, error: 2 * Math.sqrt(left / (late.length - 2) / spread) }
}
