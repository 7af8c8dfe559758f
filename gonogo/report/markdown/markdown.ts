import { STATE_MARKS } from '#core/verdict.ts'
import { type Block, recorded } from '../document/blocks.ts'
import { signer } from '../document/people-lines.ts'
import type { ItemEntry } from '../model/item-entries.ts'
import { shortDigest, utc } from '../wording.ts'
import { codeSpan, escapeMarkdown, lineMarkdown } from './inline-markdown.ts'

type Renderers = { readonly [K in Block['kind']]: (block: Extract<Block, { kind: K }>) => string }

/** The report as Markdown: the same blocks, with the figures in words. */
export const markdown = (blocks: readonly Block[]): string =>
  `${blocks
    .map(blockMarkdown)
    .filter((text) => text !== '')
    .join('\n\n')}\n`

function blockMarkdown(block: Block): string {
  const render = RENDERERS[block.kind] as (block: Block) => string
  return render(block)
}

const RENDERERS: Renderers = {
  heading: ({ level, text, aside }) =>
    `${'#'.repeat(level)} ${escapeMarkdown(text)}${aside ? ` (${escapeMarkdown(aside)})` : ''}`,
  paragraph: ({ line }) => lineMarkdown(line),
  facts: ({ title, facts }) =>
    [
      ...(title ? [`**${escapeMarkdown(title)}**\n`] : []),
      ...facts.map((f) => `- ${escapeMarkdown(f.label)}: ${lineMarkdown(f.value)}`),
    ].join('\n'),
  table: ({ caption, head, rows }) => {
    const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
    return [
      `**${escapeMarkdown(caption)}**\n`,
      line(head.map(escapeMarkdown)),
      line(head.map(() => '---')),
      ...rows.map((row) => line(row.map(lineMarkdown))),
    ].join('\n')
  },
  items: ({ items }) => items.map(itemMarkdown).join('\n'),
  list: ({ lines, ordered }) =>
    lines.map((l, i) => `${ordered ? `${i + 1}.` : '-'} ${lineMarkdown(l)}`).join('\n'),
  code: ({ text }) => {
    const fence = '`'.repeat(Math.max(3, ...[...text.matchAll(/`+/g)].map((m) => m[0].length + 1)))
    return `${fence}\n${text}\n${fence}`
  },
  figure: ({ plot }) => `_Figure: ${escapeMarkdown(plot.title)}. ${escapeMarkdown(plot.description)}_`,
  banner: ({ glyph, word, title, line }) =>
    `# ${escapeMarkdown(title)}\n\n**${glyph} ${word}** · ${lineMarkdown(line)}`,
  measures: ({ measures }) =>
    measures
      .map((m) => `- ${escapeMarkdown(m.label)}: **${escapeMarkdown(m.value)}** (${escapeMarkdown(m.note)})`)
      .join('\n'),
  'page-break': () => '',
}

function itemMarkdown(item: ItemEntry): string {
  const { glyph, word } = STATE_MARKS[item.state]
  const under = [
    ...valueLines(item),
    ...provenance(item),
    ...item.history.map((h) => `↻ ${escapeMarkdown(h)}`),
    ...blanks(item),
  ]
  const title = `- ${glyph} ${word} **${item.id}** ${escapeMarkdown(item.title)}${item.note ? ` (${escapeMarkdown(item.note)})` : ''}`
  return [title, ...under.map((l) => `  - ${l}`)].join('\n')
}

function valueLines({ value, word, attestation, waiver }: ItemEntry): string[] {
  if (attestation) {
    const seen = [attestation.value, attestation.link].filter((part) => part !== null).map(escapeMarkdown)
    return [
      [`“${escapeMarkdown(attestation.text)}”`, ...seen].join(' · '),
      `${lineMarkdown(signer(attestation.by))} · ${utc(attestation.by.signedAt)}`,
    ]
  }
  if (waiver)
    return [
      escapeMarkdown(value),
      `waived: “${escapeMarkdown(waiver.reason)}” · ${lineMarkdown(signer(waiver.by))} · expires ${utc(waiver.expiresAt)}`,
    ]
  return value === word ? [] : [escapeMarkdown(value)]
}

function provenance(item: ItemEntry): string[] {
  const parts = [
    ...(item.source ? [escapeMarkdown(item.source)] : []),
    ...(item.source && item.at ? [utc(item.at)] : []),
    ...(item.population ? [escapeMarkdown(item.population)] : []),
    ...item.evidence.map((e) => codeSpan(shortDigest(e.digest))),
  ]
  return parts.length > 0 ? [parts.join(' · ')] : []
}

const blanks = (item: ItemEntry): string[] =>
  item.state === 'notApplicable'
    ? []
    : item.blanks.map((b) => `${escapeMarkdown(b.label)}: ${lineMarkdown(recorded(b.value, b.because))}`)
