import type { Block } from '../document/blocks.ts'
import type { ReportModel } from '../model/report-model.ts'
import { utc } from '../wording.ts'
import { blockHtml } from './blocks-html.ts'
import { type Markup, markup, raw } from './markup.ts'
import { styleSheet } from './style.ts'

/** One file that needs nothing else: no script, no font, no picture from anywhere. */
export function page(model: ReportModel, blocks: readonly Block[]): string {
  const { subject, deployment, document, asOf } = model
  const title = `${subject.service} ${subject.to.version} in ${subject.environment}, deployment ${deployment}`
  const header = `${subject.service} ${subject.to.version} · ${subject.environment} · ${deployment} · ${document.control.classification} · as of ${utc(asOf)}`
  const end = blocks.findIndex((b) => b.kind === 'page-break')
  const [summary, rest] = [blocks.slice(0, end), blocks.slice(end)]
  return markup`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>${title}</title><style>${raw(styleSheet(header))}</style></head>
<body><main><section class="summary">${summary.map(blockLine)}</section>${rest.map(blockLine)}</main></body></html>
`.text
}

const blockLine = (block: Block): Markup => markup`${blockHtml(block)}\n`
