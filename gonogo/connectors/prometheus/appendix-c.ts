import type { PrometheusSettings } from '#core/metrics-settings.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { type PrometheusServer, queryInstant } from './api.ts'
import { appendixCQueries } from './queries.ts'

/** The numbers that the checklist's own queries give for a version now; for people. Throws where one gives no number. */
export async function appendixC(
  settings: PrometheusSettings,
  server: PrometheusServer,
  version: string,
  signal?: AbortSignal,
): Promise<{ errorPercent: number; p95Ms: number }> {
  const queries = appendixCQueries(settings, version)
  const now = Date.now()
  const number = async (query: string) => {
    const [only] = await queryInstant(server, query, now, signal)
    if (only === undefined || !Number.isFinite(only.value))
      throw new ReadingProblem('missing', settings.url, `“${query}” gives no number`)
    return only.value
  }
  const errorPercent = await number(queries.errorRate)
  return { errorPercent, p95Ms: (await number(queries.p95)) * 1000 }
}
