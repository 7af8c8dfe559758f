/**
 * The betting e-process of Waudby-Smith & Ramdas (2010.09686) on the canary's share of bad events. `capital` has one
 * entry per multiplier; `released` of the stake is in play, the rest of `unit` waits.
 */
export type ShareBet = { capital: number[]; released: number; unit: number }

const PRIOR = [0.3, 0.2, 0.2, 0.15, 0.15] as const
const MULTIPLIERS = [2, 5, 20, 100, 1000] as const
/** No bet risks more than this of its capital. */
const BOLDNESS = 0.9
/** Capital is capped so that a 24 h watch cannot overflow: the least of an e-process and a constant is still one. */
const MAX_CAPITAL = 1e300

export const startShareBet = (): ShareBet => ({ capital: [0, 0, 0, 0, 0], released: 0, unit: 1 })

export const copyShareBet = (bet: ShareBet): ShareBet => ({
  capital: bet.capital.slice(),
  released: bet.released,
  unit: bet.unit,
})

/** Multipliers that are worth betting on when only `ratio` times worse matters: none below it. */
export const multipliersFrom = (ratio: number): number[] => MULTIPLIERS.map((theta) => Math.max(theta, ratio))

/**
 * One interval, in place: brings the released stake up to `released` (0…1), then bets that the share `bad / events`
 * exceeds `w`. Under "no difference" each factor has mean ≤ 1 whatever depends on what inside the interval, because
 * lambda depends on `events` and `w` only. Without events, or with w at 0 or 1, the capital stays as it is.
 */
export function placeShareBet(
  bet: ShareBet,
  released: number,
  bad: number,
  events: number,
  w: number,
  multipliers: readonly number[],
): void {
  const gamma = (released - bet.released) * bet.unit
  if (gamma > 0) {
    bet.released = released
    for (let j = 0; j < PRIOR.length; j++) bet.capital[j] = (bet.capital[j] as number) + gamma
  }
  if (!(events > 0 && w > 0 && w < 1)) return
  const surprise = bad / events - w
  const most = BOLDNESS / w
  const scale = events / (w * (1 - w))
  for (let j = 0; j < PRIOR.length; j++) {
    const theta = multipliers[j] as number
    const q = (theta * w) / (1 - w + theta * w)
    const lambda = Math.min(scale * (q - w), most)
    bet.capital[j] = Math.min((bet.capital[j] as number) * (1 + lambda * surprise), MAX_CAPITAL)
  }
}

/** The bet's evidence M: the stake not yet released and the mixture of the capitals. 1 before the first bet. */
export function evidenceOf(bet: ShareBet): number {
  let sum = bet.unit * (1 - bet.released)
  for (let j = 0; j < PRIOR.length; j++) sum += (PRIOR[j] as number) * (bet.capital[j] as number)
  return sum
}

/** Scales everything by `factor` ≤ 1, in place: what continues a minimum of two bets with only one of them. */
export function restake(bet: ShareBet, factor: number): void {
  for (let j = 0; j < PRIOR.length; j++) bet.capital[j] = (bet.capital[j] as number) * factor
  bet.unit *= factor
}
