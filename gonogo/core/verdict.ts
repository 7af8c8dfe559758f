/** What a check says. `unknown` opens no gate and proceeds no step; never-measured is unknown. */
export type Verdict = 'pass' | 'fail' | 'unknown'

/** The exclusive states of an item. */
export const ITEM_STATES = [
  'passed',
  'failed',
  'unknown',
  'attested',
  'waived',
  'notApplicable',
  'notReached',
] as const
export type ItemState = (typeof ITEM_STATES)[number]

/** States that count as done at a gate. */
export const isGood = (state: ItemState): boolean =>
  state === 'passed' || state === 'attested' || state === 'waived' || state === 'notApplicable'
