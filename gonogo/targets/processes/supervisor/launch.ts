import { resolve } from 'node:path'
import type { Workload } from '#targets/target.ts'
import { fillTemplate } from '#targets/template.ts'
import { MARK } from './leftovers.ts'
import type { Launch } from './managed-process.ts'
import type { Blueprint, ProcessRecord, StackRecord } from './saved-state.ts'

export const INSTANCE_HOST = '127.0.0.1'

/** What a child gets of the supervisor's own environment; the rest belongs to whoever happened to start it. */
const INHERITED = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'SSL_CERT_FILE',
  'NODE_EXTRA_CA_CERTS',
]

export type Planned =
  | { readonly ok: true; readonly launches: ReadonlyMap<string, Launch> }
  | { readonly ok: false; readonly code: string; readonly detail: string }

/** How each process of a stack is started: templates filled in, folders made absolute. By component. */
export function planLaunches(
  stack: StackRecord,
  workload: Workload,
  blueprint: Blueprint,
  place: { folder: string; mark: string },
): Planned {
  const launches = new Map<string, Launch>()
  const shared = sharedValues(stack, workload, blueprint, place.folder)
  for (const process of stack.processes) {
    const component = blueprint.components[process.component]
    if (!component) continue
    const values = new Map([...shared, ['port', String(process.port)], ['instance', process.id]])
    const fill = fillerFor(values, `component ${process.component} of ${workload.version}`)
    const command = component.command.map((part) => fill.text('command', part))
    const env = Object.entries(component.env).map(([key, value]) => [key, fill.text(`env ${key}`, value)])
    if (fill.problem) return { ok: false, code: 'bad-template', detail: fill.problem }
    launches.set(process.component, {
      command: command[0] === 'node' ? [globalThis.process.execPath, ...command.slice(1)] : command,
      cwd: resolve(workload.artifact, component.cwd ?? '.'),
      env: { ...inherited(), ...Object.fromEntries(env), [MARK]: place.mark },
    })
  }
  return { ok: true, launches }
}

export const urlOf = (process: Pick<ProcessRecord, 'port'>): string =>
  `http://${INSTANCE_HOST}:${process.port}`

function sharedValues(
  stack: StackRecord,
  workload: Workload,
  blueprint: Blueprint,
  folder: string,
): Map<string, string> {
  return new Map([
    ['host', INSTANCE_HOST],
    ['version', workload.version],
    ['root', blueprint.root],
    ['artifact', workload.artifact],
    ['environment.folder', folder],
    ...stack.processes.map((p): [string, string] => [`component.${p.component}.url`, urlOf(p)]),
    ...Object.entries(workload.config).map(([name, value]): [string, string] => [`config.${name}`, value]),
  ])
}

/** Collects the first problem instead of throwing it: a missing value is the release's fault, not a defect. */
function fillerFor(values: ReadonlyMap<string, string>, what: string) {
  const filler = {
    problem: null as string | null,
    text(where: string, template: string): string {
      const filled = fillTemplate(template, values)
      if (filled.ok) return filled.text
      filler.problem ??= `${what}: ${where} asks for \${${filled.name}}, which has no value; add it to the release's config or correct the name`
      return template
    },
  }
  return filler
}

function inherited(): Record<string, string> {
  return Object.fromEntries(
    INHERITED.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
