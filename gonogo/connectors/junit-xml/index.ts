import { readXml } from '../evidence-file/structured-text.ts'
import { ReadingProblem } from '../reading-problem.ts'
import { MAX_NAMED_FAILURES, type TestReport } from '../test-report.ts'
import { type JunitSuite, junitSchema } from './schema.ts'

const COMMIT_NAMES = [
  'commit',
  'git.commit',
  'git_commit',
  'commit.sha',
  'git.sha',
  'revision',
  'vcs.revision',
]
const RUN_NAMES = ['run', 'run.id', 'ci.run', 'build.id', 'build.number']

type Count = { total: number; failed: number; skipped: number; failures: string[] }

/**
 * Reads JUnit XML. The test cases are counted; what the suites declare of themselves must agree with them, so that a
 * report with cases missing is not taken for a shorter one.
 */
export function readJunit(text: string, source: string): TestReport {
  const document = readXml(text, junitSchema, source, 'JUnit XML')
  const root = 'testsuites' in document ? document.testsuites[0] : document.testsuite[0]
  const count = countSuite(root, source)
  const properties = propertiesOf(root)
  return {
    tool: root['@'].name ?? 'JUnit',
    commit: onlyValue(properties, COMMIT_NAMES, source),
    run: onlyValue(properties, RUN_NAMES, source),
    ...count,
    failures: count.failures.slice(0, MAX_NAMED_FAILURES),
  }
}

function countSuite(suite: JunitSuite, source: string): Count {
  const own = countCases(suite)
  const sum = { ...own, failures: [...own.failures] }
  for (const child of suite.testsuite) {
    if (child === '') continue
    const inner = countSuite(child, source)
    sum.total += inner.total
    sum.failed += inner.failed
    sum.skipped += inner.skipped
    sum.failures.push(...inner.failures)
  }
  const declared = declaredOf(suite, source)
  if (declared.tests !== null && declared.tests !== sum.total && declared.tests !== own.total) {
    const name = suite['@'].name ?? 'a suite'
    throw new ReadingProblem(
      'inconsistent',
      source,
      `${name} declares ${declared.tests} tests and holds ${sum.total}`,
    )
  }
  sum.failed = Math.max(sum.failed, declared.failed)
  sum.skipped = Math.max(sum.skipped, declared.skipped)
  return sum
}

function countCases(suite: JunitSuite): Count {
  const count: Count = { total: 0, failed: 0, skipped: 0, failures: [] }
  for (const test of suite.testcase) {
    count.total += 1
    const { status = '', classname, name = 'a test without a name' } = test['@']
    if (test.failure.length + test.error.length > 0 || /^(fail|error)/i.test(status)) {
      count.failed += 1
      if (count.failures.length < MAX_NAMED_FAILURES)
        count.failures.push(classname ? `${classname} ${name}` : name)
    } else if (test.skipped.length + test.disabled.length > 0 || /^(skip|notrun|disabled)/i.test(status)) {
      count.skipped += 1
    }
  }
  return count
}

function declaredOf(suite: JunitSuite, source: string) {
  const number = (name: string): number | null => {
    const text = suite['@'][name]
    if (text === undefined || text === '') return null
    if (!/^\d+$/.test(text))
      throw new ReadingProblem('wrong-format', source, `${name}="${text}" is not a number`)
    return Number(text)
  }
  return {
    tests: number('tests'),
    failed: (number('failures') ?? 0) + (number('errors') ?? 0),
    skipped: number('skipped') ?? number('disabled') ?? 0,
  }
}

function propertiesOf(suite: JunitSuite): Record<string, string>[] {
  const own = suite.properties.flatMap((block) => (block === '' ? [] : block.property))
  const inner = suite.testsuite.flatMap((child) => (child === '' ? [] : propertiesOf(child)))
  return [...own.flatMap((property) => (property === '' ? [] : [property['@']])), ...inner]
}

function onlyValue(
  properties: Record<string, string>[],
  names: readonly string[],
  source: string,
): string | null {
  const found = properties
    .filter((p) => names.includes(p.name?.toLowerCase() ?? ''))
    .map((p) => p.value?.trim())
  const values = [...new Set(found.filter((value) => value))]
  if (values.length > 1) throw new ReadingProblem('inconsistent', source, `names ${values.join(' and ')}`)
  return values[0] ?? null
}
