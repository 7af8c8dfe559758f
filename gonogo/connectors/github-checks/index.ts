import { readJson } from '../evidence-file/structured-text.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { checkRunsSchema } from './schema.ts'

export type CheckRun = {
  readonly id: string
  readonly name: string
  readonly commit: string
  /** `success`, `failure`, `skipped`, `neutral` …; the status where it has not concluded. */
  readonly conclusion: string
  readonly url: string | null
}

/** Reads the exported check runs of a commit; of runs of one name the newest. A page that is missing is a problem. */
export function readCheckRuns(text: string, source: string): CheckRun[] {
  const document = readJson(text, checkRunsSchema, source, 'an export of GitHub check runs')
  const pages = Array.isArray(document) ? document : [document]
  const runs = pages.flatMap((page) => page.check_runs)
  const total = pages[0]?.total_count ?? 0
  if (runs.length !== total)
    throw new ReadingProblem(
      'inconsistent',
      source,
      `holds ${runs.length} of ${total} check runs; export every page`,
    )
  const newest = new Map<string, (typeof runs)[number]>()
  for (const run of runs.sort((a, b) => a.id - b.id)) newest.set(run.name, run)
  return [...newest.values()].map((run) => ({
    id: String(run.id),
    name: run.name,
    commit: run.head_sha,
    conclusion: run.status === 'completed' ? (run.conclusion ?? 'none') : run.status,
    url: run.html_url ?? null,
  }))
}
