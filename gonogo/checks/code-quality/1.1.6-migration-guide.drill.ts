import { join } from 'node:path'
import type { RecordedResult } from '#checks/check.ts'
import { type DrillFault, type DrillScratch, defineDrill } from '#checks/drill.ts'
import {
  commitFiles,
  drillRelease,
  drillService,
  drillStable,
  newRepository,
} from '#checks/drill-situation.ts'

type Ground = { readonly repository: string; readonly stable: string }

const GUIDE = `# Migrating to 1.1.0

Notes now have a title. Send one with every request that makes a note, and read it from every answer. Clients that send
none get a 400 with the name of the field. Nothing else has changed since the version before.
`
const NOTES = '# 1.1.0\n\nNotes have titles. See [the guide](migrations/1.1.0.md#titles).\n'

const breaking: RecordedResult = {
  verdict: 'pass',
  claim: { breaking: true },
  summary: '1 breaking',
  atMs: 0,
  evidence: [],
}

const contextOf = (stable: string, commit: string, result: RecordedResult | null = breaking) => ({
  service: drillService(),
  stable: drillStable({ commit: stable }),
  release: drillRelease({ commit, notes: 'docs/1.1.0.md' }),
  resultOf: () => result,
})

async function ground(scratch: DrillScratch) {
  const repository = await newRepository(join(scratch.folder, 'repository'))
  const stable = await commitFiles(repository, { message: 'the stable version', files: { a: '1' } })
  const files = { 'docs/migrations/1.1.0.md': GUIDE, 'docs/1.1.0.md': NOTES }
  const head = await commitFiles(repository, { message: 'feat!: titles', files })
  return { config: {}, context: contextOf(stable, head), ground: { repository: repository.folder, stable } }
}

const inFile = (name: string, file: string, text: string): DrillFault<Ground> => ({
  name,
  expect: 'fail',
  plant: async ({ ground: { repository, stable } }) => {
    const head = await commitFiles({ folder: repository }, { message: 'docs', files: { [file]: text } })
    return { context: contextOf(stable, head) }
  },
})

export const drill = defineDrill<Ground>({
  item: '1.1.6',
  ground,
  faults: [
    inFile('a guide of another version', 'docs/migrations/1.1.0.md', GUIDE.replace('1.1.0', '1.0.0')),
    inFile('a guide with nothing in it', 'docs/migrations/1.1.0.md', '# Migrating to 1.1.0\n\nTODO\n'),
    inFile('notes without a link to the guide', 'docs/1.1.0.md', '# 1.1.0\n\nNotes have titles.\n'),
    {
      name: 'a guide that stood there before this version',
      expect: 'fail',
      plant: async ({ context, ground: { repository } }) => {
        const next = await commitFiles({ folder: repository }, { message: 'feat!: again' })
        return { context: contextOf(context?.release?.commit ?? '', next) }
      },
    },
    {
      name: 'no guide at all',
      expect: 'fail',
      plant: async () => ({ config: { guide: 'docs/migrations/missing-{{version}}.md' } }),
    },
    {
      name: 'a comparison that is unknown',
      expect: 'unknown',
      plant: async ({ context }) => ({
        context: { ...context, resultOf: () => ({ ...breaking, verdict: 'unknown' }) },
      }),
    },
  ],
})
