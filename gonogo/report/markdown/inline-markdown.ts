import { STATE_MARKS } from '#core/verdict.ts'
import type { Inline, Line } from '../document/blocks.ts'
import { isLineOfMany, MARK_GLYPHS } from '../html/inline-html.ts'
import { shortDigest, utc } from '../wording.ts'

/** Text that Markdown takes as text: markup characters are escaped, line ends become spaces. */
export const escapeMarkdown = (text: string): string =>
  text.replace(/[\\`*_[\]<>|#~]/g, '\\$&').replace(/\s*\n\s*/g, ' ')

export const lineMarkdown = (line: Line): string =>
  isLineOfMany(line) ? line.map(inlineMarkdown).join('') : inlineMarkdown(line)

function inlineMarkdown(part: Inline): string {
  if (typeof part === 'string') return escapeMarkdown(part)
  if ('strong' in part) return `**${escapeMarkdown(part.strong)}**`
  if ('code' in part) return codeSpan(part.code)
  if ('key' in part) return codeSpan(part.key)
  if ('quote' in part) return `“${escapeMarkdown(part.quote)}”`
  if ('at' in part) return utc(part.at)
  if ('digest' in part) return codeSpan(part.indexed ? part.digest : shortDigest(part.digest))
  if ('missing' in part)
    return part.missing ? `_not recorded: ${escapeMarkdown(part.missing)}_` : '_not recorded_'
  if ('demo' in part) return '(demo key)'
  if ('state' in part) return `${STATE_MARKS[part.state].glyph} ${STATE_MARKS[part.state].word}`
  if ('mark' in part) return `${MARK_GLYPHS[part.mark]} ${part.word}`
  return `[${escapeMarkdown(part.text)}](${part.href})`
}

/** Fenced by more backticks than it holds; a bar would end a table's cell. */
export function codeSpan(text: string): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map((m) => m[0].length))
  const fence = '`'.repeat(longest + 1)
  const body = text.replace(/\s*\n\s*/g, ' ').replaceAll('|', '\\|')
  return longest > 0 ? `${fence} ${body} ${fence}` : `${fence}${body}${fence}`
}
