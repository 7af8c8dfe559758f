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

/** Glyph and word of each state; colour never stands alone. */
export const STATE_MARKS: Readonly<Record<ItemState, { readonly glyph: string; readonly word: string }>> = {
  passed: { glyph: '✓', word: 'passed' },
  attested: { glyph: '☑', word: 'attested' },
  failed: { glyph: '✗', word: 'failed' },
  unknown: { glyph: '?', word: 'unknown' },
  waived: { glyph: '⚑', word: 'waived' },
  notApplicable: { glyph: '–', word: 'not applicable' },
  notReached: { glyph: '·', word: 'not reached' },
}
