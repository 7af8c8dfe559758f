import { Agent, request } from 'undici'
import type { TextSettings } from '#core/metrics-settings.ts'
import type { InstanceSample, MetricSource } from '#core/sample.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { countersIn } from './instance-counters.ts'

const LIMIT_MS = 1500
const LARGEST_BYTES = 16 * 1024 * 1024

/** An instance to ask. */
export type Scraped = { readonly version: string; readonly instance: string; readonly url: string }

/**
 * Asks every instance at once for its text. One that does not answer in time, or with something else, makes the scrape
 * incomplete; when none answers it throws.
 */
export function textSource(
  settings: TextSettings,
  instances: () => Promise<readonly Scraped[]>,
): MetricSource {
  const agent = new Agent({ connections: 1, keepAliveTimeout: 30_000 })
  return {
    sample: async (signal) => {
      const asked = await instances()
      const limit = AbortSignal.any([AbortSignal.timeout(LIMIT_MS), ...(signal ? [signal] : [])])
      const atMs = Date.now()
      const answers = await Promise.allSettled(asked.map((one) => scrape(settings, one, agent, limit)))
      signal?.throwIfAborted()
      const known = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []))
      const refused = answers.find((answer) => answer.status === 'rejected')
      if (known.length === 0)
        throw refused?.reason ?? new ReadingProblem('missing', settings.path, 'there is no instance to ask')
      return { atMs, complete: known.length === asked.length, instances: known }
    },
  }
}

async function scrape(
  settings: TextSettings,
  { version, instance, url }: Scraped,
  dispatcher: Agent,
  signal: AbortSignal,
): Promise<InstanceSample> {
  const address = new URL(settings.path, url).href
  const answer = await request(address, {
    dispatcher,
    signal,
    headers: { accept: 'text/plain;version=0.0.4' },
  })
  if (answer.statusCode !== 200) {
    await answer.body.dump()
    throw new ReadingProblem('unreachable', address, `answered ${answer.statusCode}`)
  }
  const text = await limitedText(answer.body, address)
  return { version, instance, ...countersIn(text, settings, address) }
}

async function limitedText(body: AsyncIterable<Buffer>, address: string): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.length
    if (bytes > LARGEST_BYTES)
      throw new ReadingProblem('too-large', address, `answered more than ${LARGEST_BYTES} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}
