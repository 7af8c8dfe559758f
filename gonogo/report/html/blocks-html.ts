import type { Block, Line } from '../document/blocks.ts'
import { figure } from '../plot/figure.ts'
import { iso, utcSpan } from '../wording.ts'
import { lineHtml } from './inline-html.ts'
import { itemsHtml } from './items-html.ts'
import { type Markup, markup } from './markup.ts'

type Renderers = { readonly [K in Block['kind']]: (block: Extract<Block, { kind: K }>) => Markup }

/** Room for a figure on paper and on a phone; the page shows the one that fits. */
const WIDE_PX = 760
const NARROW_PX = 360

export function blockHtml(block: Block): Markup {
  const render = RENDERERS[block.kind] as (block: Block) => Markup
  return render(block)
}

const RENDERERS: Renderers = {
  heading: ({ level, text, id, aside }) => {
    const content = markup`${text}${aside && markup` <span class="aside">${aside}</span>`}`
    if (level === 2) return markup`<h2 id="${id}">${content}</h2>`
    return level === 3 ? markup`<h3 id="${id}">${content}</h3>` : markup`<h4 id="${id}">${content}</h4>`
  },
  paragraph: ({ line, small }) => markup`<p class="${small ? 'small' : 'text'}">${lineHtml(line)}</p>`,
  facts: ({ title, facts, pairs }) =>
    markup`<div class="facts-block">${title && markup`<p class="facts-title">${title}</p>`}<dl class="${pairs ? 'facts pairs' : 'facts'}">${facts.map((f) => markup`<div><dt>${f.label}</dt><dd>${lineHtml(f.value)}</dd></div>`)}</dl></div>`,
  table: ({
    caption,
    head,
    rows,
    hideCaption,
  }) => markup`<table><caption class="${hideCaption ? 'hidden' : 'shown'}">${caption}</caption>
<thead><tr>${head.map((h) => markup`<th scope="col">${h}</th>`)}</tr></thead>
<tbody>${rows.map((row) => markup`<tr>${row.map((cell, i) => cellHtml(cell, head[i] ?? '', i === 0))}</tr>`)}</tbody></table>`,
  items: ({ items }) => itemsHtml(items),
  list: ({ lines, ordered }) => {
    const items = lines.map((l) => markup`<li>${lineHtml(l)}</li>`)
    return ordered ? markup`<ol class="list">${items}</ol>` : markup`<ul class="list plain">${items}</ul>`
  },
  code: ({ text }) => markup`<pre><code>${text}</code></pre>`,
  figure: ({
    id,
    plot,
    panels,
    panelHeight,
  }) => markup`<figure><figcaption>${plot.title} <span class="aside">${utcSpan(iso(plot.fromMs), iso(plot.toMs))}</span></figcaption>
<div class="wide">${figure(plot, { id, width: WIDE_PX, panelHeight, panels })}</div>
<div class="narrow">${figure(plot, { id: `${id}-narrow`, width: NARROW_PX, panelHeight, panels })}</div></figure>`,
  banner: ({ tone, glyph, word, title, line }) =>
    markup`<header class="banner tone-${tone}"><p class="product">Deployment report</p><h1>${title}</h1><p class="status"><span aria-hidden="true">${glyph}</span> ${word}</p><p class="why">${lineHtml(line)}</p></header>`,
  measures: ({ measures }) =>
    markup`<dl class="measures">${measures.map((m) => markup`<div class="${m.bad ? 'bad' : 'calm'}"><dt>${m.label}</dt><dd><strong>${m.bad && markup`<span aria-hidden="true">✗ </span>`}${m.value}</strong><span>${m.note}</span></dd></div>`)}</dl>`,
  'page-break': () => markup`<div class="page-break"></div>`,
}

const SHORT = 16

/** A number is not parted from its unit. */
function cellHtml(cell: Line, head: string, isFirst: boolean): Markup {
  const width = typeof cell === 'string' && cell.length <= SHORT ? 'short' : 'long'
  if (isFirst) return markup`<th scope="row" class="${width}">${lineHtml(cell)}</th>`
  return markup`<td class="${width}" data-label="${head}">${lineHtml(cell)}</td>`
}
