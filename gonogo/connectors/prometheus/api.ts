import { Agent, request } from 'undici'
import { z } from 'zod'
import { ReadingProblem } from '../reading-problem.ts'

const LIMIT_MS = 10_000
const agent = new Agent({ keepAliveTimeout: 30_000 })

const answerSchema = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    warnings: z.array(z.string()).optional(),
    data: z.object({
      resultType: z.literal('vector'),
      result: z.array(
        z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) }),
      ),
    }),
  }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
])

export type Vector = readonly { readonly metric: Readonly<Record<string, string>>; readonly value: number }[]

export type PrometheusServer = { readonly url: string; readonly token: string | null }

/** An instant query (`/api/v1/query`) at a moment, epoch ms. Throws a ReadingProblem; a partial answer is one, too. */
export async function queryInstant(
  { url, token }: PrometheusServer,
  query: string,
  atMs: number,
  signal?: AbortSignal,
): Promise<Vector> {
  const address = new URL('api/v1/query', url.endsWith('/') ? url : `${url}/`)
  const { statusCode, text } = await post(
    address,
    token,
    new URLSearchParams({ query, time: String(atMs / 1000) }),
    signal,
  )
  const parsed = answerSchema.safeParse(jsonOf(text))
  if (!parsed.success)
    throw new ReadingProblem('wrong-format', address.origin, `is no Prometheus (status ${statusCode})`)
  if (parsed.data.status === 'error')
    throw new ReadingProblem('unreachable', address.origin, `${parsed.data.errorType}: ${parsed.data.error}`)
  const { warnings, data } = parsed.data
  if (warnings?.length) throw new ReadingProblem('cut-off', address.origin, warnings.join('; '))
  return data.result.map(({ metric, value: [, value] }) => ({ metric, value: numberOf(value) }))
}

async function post(
  address: URL,
  token: string | null,
  form: URLSearchParams,
  signal: AbortSignal | undefined,
): Promise<{ statusCode: number; text: string }> {
  try {
    const { statusCode, body } = await request(address, {
      method: 'POST',
      dispatcher: agent,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      },
      body: form.toString(),
      signal: signal ?? AbortSignal.timeout(LIMIT_MS),
    })
    return { statusCode, text: await body.text() }
  } catch (error) {
    signal?.throwIfAborted()
    throw new ReadingProblem('unreachable', address.origin, `cannot be asked: ${(error as Error).message}`)
  }
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

const numberOf = (text: string): number => (text === '+Inf' ? Number.POSITIVE_INFINITY : Number(text))
