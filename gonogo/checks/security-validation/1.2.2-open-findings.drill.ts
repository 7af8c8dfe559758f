import type { RecordedResult } from '#checks/check.ts'
import { type DrillFault, defineDrill } from '#checks/drill.ts'
import { drillService } from '#checks/drill-situation.ts'

const DAY_MS = 86_400_000

const PEOPLE = {
  sasha: { name: 'Sasha Secure', contact: 'sasha@drill.internal', roles: ['security-lead'] },
  wren: { name: 'Wren Writer', contact: 'wren@drill.internal', roles: ['engineering-lead'] },
}

const finding = (id: string, severity: string, tool = 'drill') => ({
  key: `${id}:left`,
  ids: [id],
  severity,
  title: `planted ${id}`,
  where: 'left 1.0.0',
  tool,
})

const resultOf = (findings: readonly object[]): RecordedResult => ({
  verdict: 'fail',
  claim: { tools: ['drill'], findings, suppressed: [] } as never,
  summary: 'findings',
  atMs: 0,
  evidence: [],
})

const results = (analysis: readonly object[], dependencies: readonly object[]) => ({
  resultOf: (item: string) =>
    item === '1.1.4' ? resultOf(analysis) : item === '1.1.5' ? resultOf(dependencies) : null,
})

const waiver = (more: Record<string, unknown> = {}) => ({
  finding: 'GHSA-1:left',
  reason: 'the vulnerable function is never called here',
  approver: 'sasha',
  expires: new Date(Date.now() + 7 * DAY_MS).toISOString(),
  ...more,
})

async function ground() {
  const twice = [finding('GHSA-1', 'high'), finding('GHSA-1', 'critical', 'another')]
  const context = { service: drillService({ people: PEOPLE }), ...results([], twice) }
  return { config: { waivers: [waiver()] }, context, ground: null }
}

const withWaiver = (name: string, more: Record<string, unknown>): DrillFault<null> => ({
  name,
  expect: 'fail',
  plant: async () => ({ config: { waivers: [waiver(more)] } }),
})

const DAYS_AGO = new Date(Date.now() - 2 * DAY_MS).toISOString()
const NEXT_YEAR = new Date(Date.now() + 400 * DAY_MS).toISOString()

export const drill = defineDrill<null>({
  item: '1.2.2',
  ground,
  faults: [
    { name: 'no waiver', expect: 'fail', plant: async () => ({ config: {} }) },
    withWaiver('a waiver that has expired', { expires: DAYS_AGO }),
    withWaiver('a waiver that names another finding', { finding: 'GHSA-2:left' }),
    withWaiver('a waiver that runs for a year', { expires: NEXT_YEAR }),
    withWaiver('a waiver by one who is not the security lead', { approver: 'wren' }),
    withWaiver('a waiver by nobody in the roster', { approver: 'nobody' }),
    {
      name: 'a second finding beside the waived one',
      expect: 'fail',
      plant: async () => ({ context: results([finding('sql', 'high')], [finding('GHSA-1', 'high')]) }),
    },
    {
      name: 'a finding without a severity',
      expect: 'unknown',
      plant: async () => ({ context: results([], [finding('GHSA-9', 'unrated')]) }),
    },
    {
      name: 'a scan that could not be read',
      expect: 'unknown',
      plant: async () => ({
        context: { resultOf: () => ({ ...resultOf([]), verdict: 'unknown', claim: null }) },
      }),
    },
    {
      name: 'a scan that never ran',
      expect: 'unknown',
      plant: async () => ({ context: { resultOf: () => null } }),
    },
  ],
})
