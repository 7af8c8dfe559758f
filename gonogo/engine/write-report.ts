import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256 } from '#core/json.ts'
import type { MetricsSettings } from '#core/metrics-settings.ts'
import type { DeploymentState } from '#core/state.ts'
import { exportBundle } from '#evidence/bundle.ts'
import { openEvidenceStore } from '#evidence/evidence-store.ts'
import { type ReportPlace, renderReport } from '#report/index.ts'
import type { Store } from '#store/store.ts'
import { analysisPolicy } from './analysis-policy.ts'
import { toRecorded } from './journal.ts'
import { reportSamples } from './report-samples.ts'
import { deploymentFolder, environmentFolder, evidenceFolder, type Workspace } from './workspace.ts'

/** Renders a deployment's report from its log and writes it as HTML, Markdown and JSON. Answers with the JSON's digest. */
export async function writeReport(
  workspace: Workspace,
  store: Store,
  state: DeploymentState,
  name: 'report' | 'incident',
  now: number,
): Promise<{ path: string; digest: string }> {
  const records = store.read(state.id, 0)
  const folder = deploymentFolder(workspace.root, state.id)
  const rendered = renderReport({
    checklist: workspace.checklist,
    state,
    events: records.map(toRecorded),
    samples: reportSamples(store, state.id, analysisPolicy(state.opened)),
    now,
    chainHead: records.at(-1)?.hash ?? '',
    bundle: join(folder, 'bundle'),
    ...placeOf(workspace, state),
  })
  await mkdir(folder, { recursive: true })
  const path = join(folder, `${name}.html`)
  await replace(path, rendered.html)
  await replace(join(folder, `${name}.md`), rendered.markdown)
  await replace(join(folder, `${name}.json`), rendered.json)
  return { path, digest: sha256(rendered.json) }
}

/** Nothing, where the service file does not declare the environment any more. */
function placeOf(workspace: Workspace, { opened }: DeploymentState): { place?: ReportPlace } {
  const { service } = workspace
  const environment = service.environments[opened.environment]
  if (!environment) return {}
  const names = {
    log: join(environmentFolder(workspace, opened.environment), 'logs', '*.log'),
    ...selectorOf(environment.metrics),
    ...(opened.url ? { url: opened.url } : {}),
  }
  return { place: { target: environment.target.kind, names, contacts: service.contacts } }
}

/** What Appendix C's queries select by; nobody knows it where no Prometheus is declared. */
function selectorOf(metrics: MetricsSettings): { selector?: string } {
  if (metrics.source !== 'prometheus') return {}
  const labels = Object.entries(metrics.labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`)
  return { selector: [`${metrics.version}!=""`, ...labels].join(', ') }
}

/** The closed deployment's last report and its bundle: everything a stranger needs to verify it offline. */
export async function writeBundle(
  workspace: Workspace,
  store: Store,
  state: DeploymentState,
  now: number,
): Promise<{ report: string; bundle: string; digest: string }> {
  const { path } = await writeReport(workspace, store, state, 'report', now)
  const folder = deploymentFolder(workspace.root, state.id)
  const read = async (name: string) => [name, await readFile(join(folder, name))] as const
  const samples = Array.from(store.eachSample(state.id), ({ body }) => Buffer.from(`${body}\n`))
  const files = Object.fromEntries([
    await read('report.html'),
    await read('report.md'),
    await read('report.json'),
    ['service.yaml', await readFile(workspace.serviceFile)],
    ['checklist.json', Buffer.from(JSON.stringify(workspace.checklist, null, 2))],
    ['samples.jsonl', Buffer.concat(samples)],
  ])
  const bundle = join(folder, 'bundle')
  const { digest } = await exportBundle({
    records: store.read(state.id, 0),
    evidenceStore: openEvidenceStore(evidenceFolder(workspace.root)),
    files,
    folder: bundle,
  })
  return { report: path, bundle, digest }
}

async function replace(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text)
  await rename(`${path}.new`, path)
}
