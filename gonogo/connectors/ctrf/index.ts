import { readJson } from '../evidence-file/structured-text.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { MAX_NAMED_FAILURES, type TestReport } from '../test-report.ts'
import { ctrfSchema } from './schema.ts'

/** Reads CTRF. Its summary must agree with its tests; a test that is neither passed nor failed counts as not run. */
export function readCtrf(text: string, source: string): TestReport {
  const { tool, summary, tests, environment } = readJson(text, ctrfSchema, source, 'CTRF').results
  const failed = tests.filter((test) => test.status === 'failed')
  const passed = tests.filter((test) => test.status === 'passed').length
  if (summary.tests !== tests.length || summary.passed !== passed || summary.failed !== failed.length) {
    const said = `${summary.tests} tests, ${summary.passed} passed, ${summary.failed} failed`
    const held = `${tests.length}, ${passed} and ${failed.length}`
    throw new ReadingProblem('inconsistent', source, `its summary says ${said}, its tests are ${held}`)
  }
  const run = environment?.buildId ?? environment?.buildNumber
  return {
    tool: tool.name,
    commit: environment?.commit || null,
    run: run === undefined || run === '' ? null : String(run),
    total: tests.length,
    failed: failed.length,
    skipped: tests.length - passed - failed.length,
    failures: failed.slice(0, MAX_NAMED_FAILURES).map((test) => test.name),
  }
}
