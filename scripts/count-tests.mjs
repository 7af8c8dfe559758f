// Adds up vitest's JSON reports, names what failed, and prints the one line that is read: `N passed, N failed, N skipped`.
// A report that is missing or cut off counts as one failure, so that a suite that never ran cannot look green.
import { readFileSync } from 'node:fs'

const MOST_LINES = 12
const firstLines = (messages) => messages.join('\n').split('\n').slice(0, MOST_LINES).join('\n    ')

const total = { passed: 0, failed: 0, skipped: 0 }
for (const file of process.argv.slice(2)) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'))
    total.passed += report.numPassedTests
    total.failed += report.numFailedTests + (report.success || report.numFailedTests > 0 ? 0 : 1)
    for (const suite of report.testResults) {
      if (suite.status === 'failed' && suite.message) console.error(`failed: ${suite.name}: ${suite.message}`)
      for (const one of suite.assertionResults)
        if (one.status === 'failed')
          console.error(`failed: ${one.fullName}\n    ${firstLines(one.failureMessages)}`)
    }
    total.skipped += report.numPendingTests + (report.numTodoTests ?? 0)
  } catch (error) {
    console.error(`${file}: ${error.message}`)
    total.failed++
  }
}
console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`)
process.exitCode = total.failed > 0 || total.passed === 0 || (process.env.CI && total.skipped > 0) ? 1 : 0
