/**
 * Chances of 0, 1, 2… events that have this mean: the nearest mixture of `raw` with "none" or "all". For tests that
 * count over every outcome: the events may hang together as they like.
 */
export function withMean(raw: number[], mean: number): number[] {
  const all = raw.length - 1
  const total = raw.reduce((sum, p) => sum + p, 0)
  const chances = total > 0 ? raw.map((p) => p / total) : raw.map((_, x) => (x === 0 ? 1 : 0))
  if (all === 0) return [1]
  const has = chances.reduce((sum, p, x) => sum + p * x, 0)
  const end = has > mean ? 0 : all
  const share = has === mean ? 0 : (has - mean) / (has - end)
  return chances.map((p, x) => (1 - share) * p + (x === end ? share : 0))
}
