import { join } from 'node:path'
import { type DrillFault, type DrillScratch, defineDrill } from '#checks/drill.ts'
import {
  commitFiles,
  drillRelease,
  drillService,
  drillStable,
  newRepository,
} from '#checks/drill-situation.ts'

type Ground = { readonly repository: string; readonly stable: string }

const USERS =
  '# Changelog\n\n## 1.1.0\n\nNotes have titles now, and lists of notes load twice as fast.\n\n## 1.0.0\n\nThe first one.\n'
const COLLEAGUES =
  '# 1.1.0, internal\n\nThe notes table has a new column; watch the p95 of the list after the shift.\n'

const contextOf = (stable: string, commit: string) => ({
  service: drillService(),
  stable: drillStable({ commit: stable }),
  release: drillRelease({ commit }),
})

async function ground(scratch: DrillScratch) {
  const repository = await newRepository(join(scratch.folder, 'repository'))
  const stable = await commitFiles(repository, { message: 'the stable version', files: { a: '1' } })
  const head = await commitFiles(repository, {
    message: 'feat: titles',
    files: { 'CHANGELOG.md': USERS, 'docs/internal-1.1.0.md': COLLEAGUES },
  })
  const config = { userFacing: 'CHANGELOG.md', internal: 'docs/internal-{{version}}.md' }
  return { config, context: contextOf(stable, head), ground: { repository: repository.folder, stable } }
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
  item: '1.4.6',
  ground,
  faults: [
    inFile('notes of another version only', 'CHANGELOG.md', USERS.replace('1.1.0', '1.1.01')),
    inFile(
      'an empty section',
      'CHANGELOG.md',
      '# Changelog\n\n## 1.1.0\n\n## 1.0.0\n\nThe first one of many more to come.\n',
    ),
    inFile('a section that is still to be written', 'docs/internal-1.1.0.md', '# 1.1.0\n\nTODO TBD\n'),
    {
      name: 'no internal notes',
      expect: 'fail',
      plant: async () => ({ config: { userFacing: 'CHANGELOG.md', internal: 'docs/missing.md' } }),
    },
    {
      name: 'one file counted for two',
      expect: 'unknown',
      plant: async () => ({ config: { userFacing: 'CHANGELOG.md', internal: 'CHANGELOG.md' } }),
    },
    {
      name: 'no notes named',
      expect: 'unknown',
      plant: async () => ({ config: { internal: 'docs/internal-{{version}}.md' } }),
    },
  ],
})
