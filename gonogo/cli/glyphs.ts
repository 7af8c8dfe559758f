import type { ItemState } from '#core/verdict.ts'

/** Glyph and word of each item state; colour never stands alone. */
export const GLYPHS: Readonly<Record<ItemState, { readonly glyph: string; readonly word: string }>> = {
  passed: { glyph: '✓', word: 'passed' },
  attested: { glyph: '☑', word: 'attested' },
  failed: { glyph: '✗', word: 'failed' },
  unknown: { glyph: '?', word: 'unknown' },
  waived: { glyph: '⚑', word: 'waived' },
  notApplicable: { glyph: '–', word: 'not applicable' },
  notReached: { glyph: '·', word: 'not reached' },
}
