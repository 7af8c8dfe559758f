import { describe, expect, test } from 'vitest'
import { readGrype } from './grype/index.ts'
import { readNpmAudit } from './npm-audit/index.ts'
import { readOsvScanner } from './osv-scanner/index.ts'

const audit = (vulnerabilities: Record<string, unknown>, high: number, packages = 5) =>
  JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities,
    metadata: {
      vulnerabilities: { critical: 0, high, total: Object.keys(vulnerabilities).length },
      dependencies: { total: packages },
    },
  })

const advisory = {
  source: 7,
  name: 'deep',
  severity: 'high',
  title: 'T',
  url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
}

describe('npm audit', () => {
  test('tells an advisory once, however many packages lead to it', () => {
    const text = audit(
      {
        deep: { name: 'deep', severity: 'high', via: [advisory] },
        top: { name: 'top', severity: 'high', via: ['deep'] },
      },
      2,
    )
    expect(readNpmAudit(text, 's').findings.map((f) => [f.key, f.severity])).toEqual([
      ['GHSA-aaaa-bbbb-cccc:deep', 'high'],
    ])
  })

  test('lets a package stand for itself where its advisory is nowhere in the report', () => {
    const text = audit({ top: { name: 'top', severity: 'high', via: ['gone'] } }, 1)
    expect(readNpmAudit(text, 's').findings).toMatchObject([{ key: 'top:top', severity: 'high' }])
  })

  test.each([
    ['that declares other counts than it holds', audit({}, 1)],
    ['that looked at no package', audit({}, 0, 0)],
    [
      'that could not ask the registry',
      '{"message":"405 Method Not Allowed","error":{"summary":"","detail":""}}',
    ],
    ['of npm 6', '{"auditReportVersion":1,"advisories":{}}'],
  ])('%s is a problem', (_name, text) => {
    expect(() => readNpmAudit(text, 's')).toThrow(/^s: /)
  })
})

const osv = (path: string, entry: Record<string, unknown>) =>
  JSON.stringify({
    results: [
      { source: { path, type: 'lockfile' }, packages: [{ package: { name: 'l', version: '1' }, ...entry }] },
    ],
  })

describe('OSV-Scanner', () => {
  const one = { id: 'CVE-1', database_specific: { severity: 'MODERATE' } }

  test('tells a group of aliases once, by its worst rating', () => {
    const entry = {
      vulnerabilities: [one, { id: 'GHSA-1', aliases: ['CVE-1'] }],
      groups: [{ ids: ['CVE-1', 'GHSA-1'], max_severity: '9.8' }],
    }
    const { findings } = readOsvScanner(osv('/a/package-lock.json', entry), 's', 'package-lock.json')
    expect(findings).toMatchObject([{ key: 'GHSA-1:l', severity: 'critical' }])
  })

  test('tells a vulnerability that no group names', () => {
    const { findings } = readOsvScanner(
      osv('/a/package-lock.json', { vulnerabilities: [one] }),
      's',
      'package-lock.json',
    )
    expect(findings).toMatchObject([{ key: 'CVE-1:l', severity: 'medium' }])
  })

  test('of another lockfile is a problem', () => {
    expect(() => readOsvScanner(osv('/a/yarn.lock', {}), 's', 'package-lock.json')).toThrow(
      'not of package-lock.json',
    )
  })
})

const grype = (
  more: Record<string, unknown>,
  db: Record<string, unknown> = { built: '2026-03-01T04:00:00Z' },
) =>
  JSON.stringify({
    matches: [],
    source: { type: 'file' },
    descriptor: { name: 'grype', version: '0.90', db },
    ...more,
  })

describe('Grype', () => {
  const match = { vulnerability: { id: 'CVE-1', severity: 'High' }, artifact: { name: 'l', version: '1' } }

  test('counts a match that is ignored without a reason', () => {
    const ignoredMatches = [
      { ...match, appliedIgnoreRules: [{ vulnerability: 'CVE-1' }] },
      { ...match, appliedIgnoreRules: [{ vulnerability: 'CVE-1', reason: 'never called' }] },
    ]
    const scan = readGrype(grype({ ignoredMatches }), 's')
    expect([scan.findings.length, scan.suppressed.length]).toEqual([1, 1])
  })

  test('reads the age of its database in its old place and in its new one', () => {
    const at = Date.parse('2026-03-01T04:00:00Z')
    expect(readGrype(grype({}), 's').databaseAtMs).toBe(at)
    expect(readGrype(grype({}, { status: { built: '2026-03-01T04:00:00Z' } }), 's').databaseAtMs).toBe(at)
  })

  test.each([
    ['that does not say how old its database is', {}],
    ['whose database was never built', { built: '0001-01-01T00:00:00Z' }],
    ['whose database was not valid', { status: { built: '2026-03-01T04:00:00Z', valid: false } }],
  ])('%s is a problem', (_name, db) => {
    expect(() => readGrype(grype({}, db), 's')).toThrow(/^s: /)
  })
})
