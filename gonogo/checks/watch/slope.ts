export type Point = { readonly x: number; readonly y: number }

/**
 * The one-sided 95 % quantile of Student's t with `df` degrees of freedom, expanded around the normal one (Abramowitz and
 * Stegun 26.7.5, two terms); within 0.02 from 4 degrees on.
 */
function quantile(df: number): number {
  const z = 1.645
  return z + (z ** 3 + z) / (4 * df) + (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * df ** 2)
}

/**
 * The upper 95 % bound of the slope of a straight line through the points (least squares; its standard error is
 * s / √Σ(x − x̄)², with s² the residual variance over n − 2). NaN for fewer than three points.
 */
export function upperSlope(points: readonly Point[]): number {
  const n = points.length
  if (n < 3) return Number.NaN
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / n
  const [mx, my] = [mean(points.map(({ x }) => x)), mean(points.map(({ y }) => y))]
  const sxx = points.reduce((sum, { x }) => sum + (x - mx) ** 2, 0)
  const slope = points.reduce((sum, { x, y }) => sum + (x - mx) * (y - my), 0) / sxx
  const residual = points.reduce((sum, { x, y }) => sum + (y - my - slope * (x - mx)) ** 2, 0)
  return slope + quantile(n - 2) * Math.sqrt(residual / (n - 2) / sxx)
}
