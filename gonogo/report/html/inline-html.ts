import { STATE_MARKS } from '#core/verdict.ts'
import type { Inline, Line } from '../document/blocks.ts'
import { shortDigest, utc } from '../wording.ts'
import { type Markup, markup } from './markup.ts'

/** Glyphs of marks that are no item's state; each stands with its word. */
export const MARK_GLYPHS = { good: '✓', bad: '✗', unknown: '?', chosen: '☑', 'not-chosen': '☐' } as const

export const isLineOfMany = (line: Line): line is readonly Inline[] => Array.isArray(line)

export const lineHtml = (line: Line): Markup =>
  isLineOfMany(line) ? markup`${line.map(inlineHtml)}` : inlineHtml(line)

function inlineHtml(part: Inline): Markup {
  if (typeof part === 'string') return markup`${part}`
  if ('strong' in part) return markup`<strong>${part.strong}</strong>`
  if ('code' in part) return markup`<code>${part.code}</code>`
  if ('key' in part) return markup`<code class="key">${part.key}</code>`
  if ('quote' in part) return markup`<q>${part.quote}</q>`
  if ('at' in part) return markup`<time datetime="${part.at}">${utc(part.at)}</time>`
  if ('digest' in part) return digestHtml(part.digest, part.indexed === true)
  if ('missing' in part)
    return markup`<span class="missing">not recorded${part.missing && `: ${part.missing}`}</span>`
  if ('demo' in part) return markup`<span class="demo">demo key</span>`
  if ('state' in part) return stateHtml(part.state)
  if ('mark' in part)
    return markup`<span class="state ${part.mark}"><span aria-hidden="true">${MARK_GLYPHS[part.mark]}</span> ${part.word}</span>`
  return markup`<a href="${part.href}">${part.text}</a>`
}

export function stateHtml(state: keyof typeof STATE_MARKS): Markup {
  const { glyph, word } = STATE_MARKS[state]
  return markup`<span class="state ${state}"><span aria-hidden="true">${glyph}</span> ${word}</span>`
}

/** In the index a digest stands whole and is the aim of links; elsewhere its head is the link there. */
function digestHtml(digest: string, isIndexed: boolean): Markup {
  return isIndexed
    ? markup`<code id="e-${digest.replace(/^sha256:/, '')}">${digest}</code>`
    : markup`<code>${shortDigest(digest)}</code>`
}

export const evidenceLink = (digest: string): Markup =>
  markup`<a class="digest" href="#e-${digest.replace(/^sha256:/, '')}"><code>${shortDigest(digest)}</code></a>`
