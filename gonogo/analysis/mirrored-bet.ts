/** The bet that the new version is *not* `ratio` times worse: three capitals and whether it is won. */
export type MirroredBet = { capital: number[]; won: boolean }

const THETAS = [0.25, 0.5, 1] as const
const PRIOR = [0.2, 0.2, 0.6] as const
const BOLDNESS = 0.9
/** 1 / 0.05: what is ruled out is ruled out at 5 %. */
export const RULED_OUT_FROM = 20
/** Capped so that a fault that starts late is not hidden behind hours of good evidence. */
const MAX_CAPITAL = RULED_OUT_FROM ** 2

export const startMirroredBet = (): MirroredBet => ({ capital: [1, 1, 1], won: false })

export const copyMirroredBet = (bet: MirroredBet): MirroredBet => ({
  capital: bet.capital.slice(),
  won: bet.won,
})

/** The canary's share of bad events when it is `ratio` times worse and `w` is its share of requests. */
export const shareWhenWorse = (ratio: number, w: number): number => (ratio * w) / (1 - w + ratio * w)

/**
 * One interval, in place: bets that the share `bad / events` stays below `limit`, the share under "ratio times worse"
 * of `w`. Won once it reaches 20 (Ville: 5 %), and no longer won when later events take it below 1.
 */
export function placeMirroredBet(
  bet: MirroredBet,
  bad: number,
  events: number,
  w: number,
  limit: number,
): void {
  if (!(events > 0 && w > 0 && limit < 1)) return
  const surprise = limit - bad / events
  const most = BOLDNESS / (1 - limit)
  const scale = events / (limit * (1 - limit))
  let evidence = 0
  for (let j = 0; j < THETAS.length; j++) {
    const r = shareWhenWorse(THETAS[j] as number, w)
    const lambda = Math.min(scale * (limit - r), most)
    const capital = Math.min((bet.capital[j] as number) * (1 + lambda * surprise), MAX_CAPITAL)
    bet.capital[j] = capital
    evidence += (PRIOR[j] as number) * capital
  }
  if (evidence >= RULED_OUT_FROM) bet.won = true
  else if (evidence < 1) bet.won = false
}
