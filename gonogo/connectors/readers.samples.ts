import { metricsSettingsSchema, type TextSettings } from '#core/metrics-settings.ts'
import { readCobertura } from './cobertura/index.ts'
import { readCtrf } from './ctrf/index.ts'
import { readCheckRuns } from './github-checks/index.ts'
import { readPullRequests } from './github-reviews/index.ts'
import { readGrype } from './grype/index.ts'
import { readIstanbul } from './istanbul/index.ts'
import { readJunit } from './junit-xml/index.ts'
import { readLcov } from './lcov/index.ts'
import { readNpmAudit } from './npm-audit/index.ts'
import { readOpenApi } from './openapi/index.ts'
import { readOsvScanner } from './osv-scanner/index.ts'
import { countersIn } from './prometheus-text/index.ts'
import { readSarif } from './sarif/index.ts'

export type ReaderSample = {
  readonly name: string
  /** A small valid document with something bad in it. */
  readonly text: string
  /** Reads it, and says what it came to in one comparable value. */
  read(text: string): unknown
  /** A cut between two of its lines cannot be seen in the text; the transport sees it. */
  readonly isListOfLines?: boolean
}

const metrics = metricsSettingsSchema.parse({ source: 'instances' }) as TextSettings
const SHA = 'b'.repeat(40)
const json = (value: unknown): string => JSON.stringify(value, null, 1)

const file = (path: string) => ({
  path,
  statementMap: {
    0: { start: { line: 1, column: 0 }, end: { line: 1, column: 9 } },
    1: { start: { line: 2 }, end: {} },
  },
  fnMap: {},
  branchMap: {},
  s: { 0: 1, 1: 0 },
  f: {},
  b: {},
})

const person = { name: 'W', email: 'w@drill.internal', date: '2026-03-01T10:00:00Z' }

/** Every reader of evidence with a document for it, so that one property holds for all of them. */
export const READER_SAMPLES: readonly ReaderSample[] = [
  {
    name: 'JUnit XML',
    text: '<?xml version="1.0"?>\n<testsuites tests="2"><testsuite name="s" tests="2" failures="1"><properties><property name="commit" value="x"/></properties><testcase name="a"/><testcase name="b"><failure message="m">t</failure></testcase></testsuite></testsuites>',
    read: (text) => readJunit(text, 'sample'),
  },
  {
    name: 'CTRF',
    text: json({
      results: {
        tool: { name: 't' },
        summary: { tests: 1, passed: 0, failed: 1, pending: 0, skipped: 0, other: 0, start: 1, stop: 2 },
        tests: [{ name: 'a', status: 'failed', duration: 1 }],
        environment: { commit: SHA },
      },
    }),
    read: (text) => readCtrf(text, 'sample'),
  },
  {
    name: 'GitHub checks',
    text: json({
      total_count: 1,
      check_runs: [{ id: 1, name: 'b', head_sha: SHA, status: 'completed', conclusion: 'failure' }],
    }),
    read: (text) => readCheckRuns(text, 'sample'),
  },
  {
    name: 'lcov',
    text: 'TN:\nSF:src/a.ts\nDA:1,1\nDA:2,0\nLF:2\nLH:1\nend_of_record\n',
    read: (text) => [...readLcov(text, 'sample')],
  },
  {
    name: 'Cobertura',
    text: '<?xml version="1.0"?>\n<!DOCTYPE coverage SYSTEM "http://cobertura.sourceforge.net/xml/coverage-04.dtd">\n<coverage lines-valid="2" lines-covered="1"><packages><package name="p"><classes><class name="a" filename="a.ts"><methods/><lines><line number="1" hits="1"/><line number="2" hits="0"/></lines></class></classes></package></packages></coverage>',
    read: (text) => [...readCobertura(text, 'sample')],
  },
  {
    name: 'Istanbul summary',
    text: json({ total: { lines: { total: 2, covered: 1 } }, 'a.ts': { lines: { total: 2, covered: 1 } } }),
    read: (text) => [...readIstanbul(text, 'sample')],
  },
  {
    name: 'Istanbul final',
    text: json({ 'a.ts': file('a.ts') }),
    read: (text) => [...readIstanbul(text, 'sample')],
  },
  {
    name: 'SARIF',
    text: json({
      version: '2.1.0',
      runs: [
        {
          tool: { driver: { name: 't', rules: [{ id: 'r', properties: { 'security-severity': '9.8' } }] } },
          invocations: [{ executionSuccessful: true }],
          versionControlProvenance: [{ revisionId: SHA }],
          results: [{ ruleId: 'r', message: { text: 'm' } }],
        },
      ],
    }),
    read: (text) => readSarif(text, 'sample'),
  },
  {
    name: 'npm audit',
    text: json({
      auditReportVersion: 2,
      vulnerabilities: {
        l: {
          name: 'l',
          severity: 'high',
          via: [{ source: 1, name: 'l', severity: 'high', url: 'GHSA-a-b-c' }],
        },
      },
      metadata: { vulnerabilities: { critical: 0, high: 1, total: 1 }, dependencies: { total: 3 } },
    }),
    read: (text) => readNpmAudit(text, 'sample'),
  },
  {
    name: 'OSV-Scanner',
    text: json({
      results: [
        {
          source: { path: '/x/package-lock.json', type: 'lockfile' },
          packages: [
            {
              package: { name: 'l', version: '1.0.0' },
              vulnerabilities: [
                { id: 'GHSA-x', aliases: ['CVE-1'], database_specific: { severity: 'HIGH' } },
              ],
              groups: [{ ids: ['GHSA-x'], max_severity: '8.1' }],
            },
          ],
        },
      ],
    }),
    read: (text) => readOsvScanner(text, 'sample', 'package-lock.json'),
  },
  {
    name: 'Grype',
    text: json({
      matches: [
        { vulnerability: { id: 'CVE-1', severity: 'Critical' }, artifact: { name: 'l', version: '1' } },
      ],
      source: { type: 'directory' },
      descriptor: {
        name: 'grype',
        version: '0.90.0',
        timestamp: '2026-03-01T10:00:00Z',
        db: { status: { built: '2026-03-01T04:00:00Z' } },
      },
    }),
    read: (text) => readGrype(text, 'sample'),
  },
  {
    name: 'GitHub reviews',
    text: json([
      {
        number: 1,
        html_url: 'https://forge.internal/1',
        user: { login: 'w', type: 'User' },
        merged_at: '2026-03-01T13:00:00Z',
        merge_commit_sha: SHA,
        head: { sha: SHA },
        base: { ref: 'main' },
        reviews: [
          { user: { login: 'r' }, state: 'APPROVED', submitted_at: '2026-03-01T12:00:00Z', commit_id: SHA },
        ],
        commits: [
          { sha: SHA, author: { login: 'w' }, committer: null, commit: { author: person, message: 'm' } },
        ],
      },
    ]),
    read: (text) => readPullRequests(text, 'sample'),
  },
  {
    name: 'OpenAPI',
    text: json({
      openapi: '3.1.0',
      info: { title: 't', version: '1' },
      paths: {
        '/a': { get: { responses: { 200: { description: 'd', $ref: '#/components/responses/A' } } } },
      },
      components: { responses: { A: { description: 'a' } } },
    }),
    read: (text) => readOpenApi(text, 'sample'),
  },
  {
    name: 'Prometheus text',
    text: '# TYPE http_requests_total counter\n# TYPE http_request_duration_seconds histogram\nhttp_requests_total{route="/a",status="500"} 3\nhttp_request_duration_seconds_bucket{le="0.1",route="/a",status="500"} 2\nhttp_request_duration_seconds_bucket{le="+Inf",route="/a",status="500"} 3\n',
    read: (text) => countersIn(text, metrics, 'sample'),
    isListOfLines: true,
  },
]
