import { reportDocument } from './document/report-document.ts'
import { page } from './html/page.ts'
import { markdown } from './markdown/markdown.ts'
import { type ReportModel, reportModel } from './model/report-model.ts'
import type { ReportInput } from './report-input.ts'

/** The report in its three forms. Pure: the same log, samples and moment give the same bytes. */
export function renderReport(input: ReportInput): { html: string; markdown: string; json: string } {
  const model: ReportModel = reportModel(input)
  const blocks = reportDocument(model)
  return {
    html: page(model, blocks),
    markdown: markdown(blocks),
    json: `${JSON.stringify(model, null, 2)}\n`,
  }
}
