import { Agent, type Dispatcher, request } from 'undici'
import type { TextSettings } from '#core/metrics-settings.ts'
import type { InstanceSample, MetricSource } from '#core/sample.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { countersIn } from './instance-counters.ts'

const LIMIT_MS = 1500
const LARGEST_BYTES = 16 * 1024 * 1024

/** An instance to ask. */
export type Scraped = { readonly version: string; readonly instance: string; readonly url: string }

/** Over which connections instances are reached, and with which headers. */
type Reach = () => Promise<{
  readonly dispatcher: Dispatcher
  readonly headers: Readonly<Record<string, string>>
}>

function directly(): Reach {
  const dispatcher = new Agent({ connections: 1, keepAliveTimeout: 30_000 })
  return async () => ({ dispatcher, headers: {} })
}

/**
 * Asks every instance at once for its text. One that does not answer in time, or with something else, makes the scrape
 * incomplete; when none answers it throws.
 */
export function textSource(
  settings: TextSettings,
  instances: () => Promise<readonly Scraped[]>,
  reach: Reach = directly(),
): MetricSource {
  return {
    sample: async (signal) => {
      const asked = await instances()
      const limit = AbortSignal.any([AbortSignal.timeout(LIMIT_MS), ...(signal ? [signal] : [])])
      const atMs = Date.now()
      const answers = await Promise.allSettled(asked.map((one) => scrape(settings, one, reach, limit)))
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
  reach: Reach,
  signal: AbortSignal,
): Promise<InstanceSample> {
  const address = `${url.replace(/\/$/, '')}${settings.path}`
  const { dispatcher, headers } = await reach()
  const answer = await request(address, {
    dispatcher,
    signal,
    headers: { ...headers, accept: 'text/plain;version=0.0.4' },
  })
  const text = await limitedText(answer.body, address)
  const { statusCode } = answer
  if (statusCode !== 200) {
    const code = statusCode === 401 || statusCode === 403 ? 'forbidden' : 'unreachable'
    throw new ReadingProblem(code, address, `answered ${statusCode}${reasonIn(text)}`)
  }
  return { version, instance, ...countersIn(text, settings, address) }
}

/** Why, as a cluster's API says it; a page of the instance's own says nothing that helps. */
function reasonIn(text: string): string {
  try {
    const { kind, message } = JSON.parse(text) as { kind?: unknown; message?: unknown }
    return kind === 'Status' && typeof message === 'string' ? `: ${message}` : ''
  } catch {
    return ''
  }
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
