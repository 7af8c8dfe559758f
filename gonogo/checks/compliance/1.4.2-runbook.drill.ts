import { createServer } from 'node:http'
import { type DrillFault, type DrillScratch, defineDrill } from '#checks/drill.ts'
import { drillRelease, drillService, drillStable } from '#checks/drill-situation.ts'

const checklistWith = (command: string): string =>
  JSON.stringify({
    checklist: 1,
    name: 'drill',
    title: 'Drill',
    version: '1.0.0',
    control: {
      owner: 'drill',
      distribution: [],
      classification: 'internal',
      purpose: 'drill',
      audience: 'drill',
      lastUpdated: '2026-01-01',
      reviewCycle: 'never',
      nextReview: '2026-01-01',
      history: [],
      references: [],
    },
    phases: [
      {
        id: 'planning',
        number: 1,
        title: 'Planning',
        sections: [
          {
            id: '1.4',
            title: 'Documentation',
            stage: 'planning',
            items: [{ id: '1.4.2', title: 'Runbook', proof: { kind: 'check', how: 'generated' } }],
          },
        ],
      },
    ],
    appendices: {
      runbook: [{ number: 1, part: 'Deployment', title: 'Apply', commands: { processes: [command] } }],
    },
  })

type Ground = { readonly link: string; serve(status: number): void }

async function ground(scratch: DrillScratch) {
  await scratch.write(
    'checklist.yaml',
    checklistWith('npx gonogo deploy {{version}} # {{service}} at {{url}}'),
  )
  let status = 200
  const server = createServer((_request, response) => response.writeHead(status).end('here'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const link = `http://127.0.0.1:${(server.address() as { port: number }).port}/dashboard`
  const serve = (next: number) => {
    status = next
  }
  return {
    config: { links: [link] },
    context: {
      service: drillService(),
      release: drillRelease(),
      stable: drillStable(),
      environment: { name: 'production', url: 'http://127.0.0.1:1' } as never,
    },
    ground: { link, serve },
    close: () => {
      server.closeAllConnections()
      return new Promise<void>((resolve) => server.close(() => resolve()))
    },
  }
}

const withCommand = (
  name: string,
  command: string,
  expect: 'fail' | 'unknown' = 'fail',
): DrillFault<Ground> => ({
  name,
  expect,
  plant: async (_ground, scratch) => {
    await scratch.write('checklist.yaml', checklistWith(command))
    return {}
  },
})

export const drill = defineDrill<Ground>({
  item: '1.4.2',
  ground,
  faults: [
    withCommand('a command without its real name', 'kubectl get pods -n {{namespace}}'),
    withCommand('a command that no shell can read', 'kubectl get pods -o jsonpath=(.items'),
    {
      name: 'a link that is gone',
      expect: 'fail',
      plant: async ({ ground: { serve } }) => {
        serve(404)
        return {}
      },
    },
    {
      name: 'a checklist that cannot be read',
      expect: 'unknown',
      plant: async (_ground, scratch) => {
        await scratch.write('checklist.yaml', 'checklist: [1')
        return {}
      },
    },
  ],
})
