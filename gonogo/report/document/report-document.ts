import type { ReportModel } from '../model/report-model.ts'
import { evidencePart, queriesPart, runbookPart, timelinePart, verifyPart } from './appendix-part.ts'
import type { Block } from './blocks.ts'
import { contactsPart, metricsPart, signOffPart, waiversPart } from './closing-part.ts'
import { controlPart } from './control-part.ts'
import { incidentPart } from './incident-part.ts'
import { phasePart } from './phase-part.ts'
import { summaryPart } from './summary-part.ts'

/** The whole report in its order. Appendix A follows the closing blocks, as in the document. */
export function reportDocument(model: ReportModel): Block[] {
  const phases = (isAppendix: boolean) =>
    model.phases.filter((p) => (p.id === 'appendix') === isAppendix).flatMap((p) => phasePart(model, p))
  return [
    ...summaryPart(model),
    ...controlPart(model),
    ...phases(false),
    ...incidentPart(model),
    ...contactsPart(model),
    ...metricsPart(model),
    ...phases(true),
    ...signOffPart(model),
    ...waiversPart(model),
    ...runbookPart(model),
    ...queriesPart(model),
    ...timelinePart(model),
    ...evidencePart(model),
    ...verifyPart(model),
  ]
}
