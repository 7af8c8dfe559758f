import { ReadingProblem } from '../reading-problem.ts'
import { type EvidenceFile, readEvidenceFile } from './index.ts'
import { type Provenance, provenanceSchema } from './schema.ts'
import { readJson } from './structured-text.ts'

const MAX_SIDECAR_BYTES = 64 * 1024

/** What the sidecar of a report says it is about; an empty record when there is none. */
export async function readProvenance(
  root: string,
  report: EvidenceFile,
  path: string = `${report.path}.provenance.json`,
): Promise<Provenance> {
  const file = await readEvidenceFile(root, path, MAX_SIDECAR_BYTES).catch((problem: ReadingProblem) => {
    if (problem.code === 'missing') return null
    throw problem
  })
  if (!file) return {}
  const provenance = readJson(file.text, provenanceSchema, path, 'a provenance file')
  if (provenance.report && provenance.report !== report.digest)
    throw new ReadingProblem('not-about-this', path, `is about another report than ${report.path}`)
  return provenance
}
