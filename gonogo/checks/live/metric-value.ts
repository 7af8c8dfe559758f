import { parseExposition } from '#connectors/prometheus-text/parse.ts'
import { type CheckContext, CheckProblem } from '../check.ts'
import { probe } from './probe.ts'

const SELECTOR = /^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?<labels>[^}]*)\})?$/

/**
 * The sum of the series that a selector such as `calls_total{upstream="model"}` names, asked of an instance itself; null
 * where there is none. Throws a CheckProblem or a ReadingProblem where its metrics cannot be read.
 */
export async function readMetric(
  ctx: CheckContext,
  url: string,
  path: string,
  selector: string,
): Promise<number | null> {
  const { name, labels = '' } = SELECTOR.exec(selector)?.groups ?? {}
  if (name === undefined) throw new CheckProblem(`“${selector}” is no metric; write name{label="value"}`)
  const wanted = [...labels.matchAll(/(\w+)\s*=\s*"([^"]*)"/g)].map(
    ([, key = '', value]) => [key, value] as const,
  )
  const answer = await probe(ctx.signal, url, path)
  if (answer.status !== 200) throw new CheckProblem(`${answer.asked}: answers ${answer.status}`)
  const { series } = parseExposition(answer.text, [name], `${url}${path}`)
  const found = (series.get(name) ?? []).filter(({ labels: own }) =>
    wanted.every(([key, value]) => own[key] === value),
  )
  return found.length === 0 ? null : found.reduce((sum, { value }) => sum + value, 0)
}
