import { existsSync, readdirSync, readFileSync, rmdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { run } from './commands.ts'
import { BRIDGE, HOME } from './places.ts'

const CGROUPS = '/sys/fs/cgroup'
const KUBELET_CGROUP = 'kubepods'

/** The bridge, the namespaces of pods, and the packet filter rules that the kubelet and the bridge plugin made. */
export async function removeNetwork(): Promise<void> {
  if (existsSync(`/sys/class/net/${BRIDGE}`)) await run('ip', ['link', 'delete', BRIDGE])
  for (const name of existsSync('/run/netns') ? readdirSync('/run/netns') : [])
    if (name.startsWith('cni-')) await run('ip', ['netns', 'delete', name])
  const rules = await run('iptables-save', [])
  const left = withoutOurs(rules)
  if (left !== rules) await run('iptables-restore', [], { input: left })
}

/** The rules of the packet filter without the kubelet's chains and those of this cluster's network. */
export function withoutOurs(rules: string): string {
  const lines = rules.split('\n')
  const chains = lines
    .filter((line) => line.includes('name: \\"gonogo\\"'))
    .flatMap((line) => line.match(/CNI-[0-9a-zA-Z]+/g) ?? [])
  return lines
    .filter((line) => !/\bKUBE-/.test(line) && !chains.some((chain) => line.includes(chain)))
    .filter((line) => !isUnused(line, rules))
    .join('\n')
}

/** A chain of a network plugin that nothing leads to and nothing is in. */
function isUnused(line: string, rules: string): boolean {
  const chain = /^:(?<name>CNI-\S+)/.exec(line)?.groups?.name
  return chain !== undefined && rules.split(chain).length === 2
}

/** The kubelet's own cgroups, empty by now; the innermost first. */
export function removeCgroups(): void {
  for (const controller of readdirSync(CGROUPS)) {
    const folder = join(CGROUPS, controller, KUBELET_CGROUP)
    if (existsSync(folder)) removeFolders(folder)
  }
}

function removeFolders(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeFolders(join(folder, entry.name))
  rmdirSync(folder)
}

/** Mounts of pods and containers that their ends left behind, the innermost first; then every file. */
export async function removeFiles(): Promise<void> {
  const mounts = readFileSync('/proc/mounts', 'utf8')
    .split('\n')
    .flatMap((line) => line.split(' ')[1] ?? [])
    .filter((path) => path.startsWith(`${HOME}/`))
  for (const path of mounts.reverse()) await run('umount', ['--lazy', path])
  rmSync(HOME, { recursive: true, force: true })
}
