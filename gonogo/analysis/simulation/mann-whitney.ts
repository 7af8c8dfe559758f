/**
 * The Hodges–Lehmann shift of `a` over `b` with the lower end of its confidence interval from the Mann-Whitney test
 * (normal approximation, as R's wilcox.test for large samples). Null without data.
 */
export function hodgesLehmann(
  a: readonly number[],
  b: readonly number[],
  z: number,
): { readonly estimate: number; readonly lower: number } | null {
  if (a.length === 0 || b.length === 0) return null
  const shifts = new Float64Array(a.length * b.length)
  for (let i = 0; i < a.length; i++)
    for (let j = 0; j < b.length; j++) shifts[i * b.length + j] = (a[i] as number) - (b[j] as number)
  shifts.sort()
  const pairs = shifts.length
  const spread = z * Math.sqrt((pairs * (a.length + b.length + 1)) / 12)
  const rank = Math.max(0, Math.floor(pairs / 2 - spread))
  const estimate = ((shifts[(pairs - 1) >> 1] as number) + (shifts[pairs >> 1] as number)) / 2
  return { estimate, lower: shifts[rank] as number }
}
