import { join } from 'node:path'
import { type DrillFault, type DrillScratch, defineDrill } from '#checks/drill.ts'
import { commitFiles, drillRelease, drillService, newRepository } from '#checks/drill-situation.ts'
import { sha256 } from '#core/json.ts'

const LOCKFILE = '{ "name": "drill", "lockfileVersion": 3 }\n'
const OLD = '2020-01-01T00:00:00Z'

const audit = (severity: string | null) => {
  const via = {
    source: 1,
    name: 'left',
    title: 'planted',
    url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
  }
  const entry = severity === 'none' ? {} : { left: { name: 'left', severity, via: [{ ...via, severity }] } }
  const count = (word: string) => (severity === word ? 1 : 0)
  return JSON.stringify({
    auditReportVersion: 2,
    vulnerabilities: JSON.parse(JSON.stringify(entry, (_key, value) => value ?? undefined)),
    metadata: {
      vulnerabilities: { critical: count('critical'), high: count('high'), total: Object.keys(entry).length },
      dependencies: { total: 3 },
    },
  })
}

const grype = (built: string) =>
  JSON.stringify({
    matches: [],
    source: { type: 'directory' },
    descriptor: {
      name: 'grype',
      version: '0.90.0',
      timestamp: new Date().toISOString(),
      db: { status: { built, valid: true } },
    },
  })

const osv = (group: Record<string, unknown>) => {
  const packages = [
    { package: { name: 'left', version: '1.0.0' }, vulnerabilities: [{ id: 'GHSA-x' }], groups: [group] },
  ]
  return JSON.stringify({
    results: [{ source: { path: '/src/package-lock.json', type: 'lockfile' }, packages }],
  })
}

const provenance = (digest: string, at = new Date().toISOString()) => JSON.stringify({ lockfile: digest, at })

async function ground(scratch: DrillScratch) {
  const repository = await newRepository(join(scratch.folder, 'repository'))
  const commit = await commitFiles(repository, {
    message: 'lock',
    files: { 'package-lock.json': LOCKFILE, 'package.json': '{}' },
  })
  await scratch.write('audit.json', audit('none'))
  await scratch.write('grype.json', grype(new Date().toISOString()))
  await scratch.write('osv.json', osv({ ids: ['GHSA-x'], max_severity: '3.1' }))
  for (const name of ['audit', 'grype', 'osv'])
    await scratch.write(`${name}.json.provenance.json`, provenance(sha256(LOCKFILE)))
  const scans = [
    { tool: 'npm-audit', file: 'audit.json' },
    { tool: 'grype', file: 'grype.json' },
    { tool: 'osv-scanner', file: 'osv.json' },
  ]
  return {
    config: { scans },
    context: { service: drillService(), release: drillRelease({ commit }) },
    ground: null,
  }
}

const inFile = (name: string, expect: 'fail' | 'unknown', file: string, text: string): DrillFault<null> => ({
  name,
  expect,
  plant: async (_ground, scratch) => {
    await scratch.write(file, text)
    return {}
  },
})

export const drill = defineDrill<null>({
  item: '1.1.5',
  ground,
  faults: [
    inFile('a critical weakness', 'fail', 'audit.json', audit('critical')),
    inFile('a high score in OSV', 'fail', 'osv.json', osv({ ids: ['GHSA-x'], max_severity: '8.8' })),
    inFile('a finding without a severity', 'unknown', 'osv.json', osv({ ids: ['GHSA-x'], max_severity: '' })),
    inFile('an audit finding without a severity', 'unknown', 'audit.json', audit(null)),
    inFile(
      'a scan of another lockfile',
      'unknown',
      'audit.json.provenance.json',
      provenance(sha256('another')),
    ),
    inFile('a scan that names no lockfile', 'unknown', 'audit.json.provenance.json', '{}'),
    inFile('a scan of last year', 'unknown', 'audit.json.provenance.json', provenance(sha256(LOCKFILE), OLD)),
    inFile('a database older than 24 h', 'unknown', 'grype.json', grype(OLD)),
    inFile(
      'a failed scan',
      'unknown',
      'audit.json',
      '{ "error": { "code": "ENOTFOUND", "summary": "no registry" } }',
    ),
    inFile('a scan that is cut off', 'unknown', 'osv.json', osv({ ids: ['GHSA-x'] }).slice(0, -9)),
  ],
})
