// What `npm run demo`, `npm test` and the others do on a fresh clone: install when needed, then start the command with
// the pinned Node. Plain JavaScript, because the Node that starts it may be as old as 20. Set-up talks on stderr only.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const bin = join(root, 'node_modules', '.bin')
const node = join(bin, 'node')
/** What a Kubernetes on this machine is made of, beside Go modules. */
const CLUSTER_PACKAGES = [
  node,
  join(root, 'scripts', 'system-packages.mjs'),
  ...['etcd=etcd-server', 'containerd', 'runc', '/usr/lib/cni/bridge=containernetworking-plugins'],
  ...['iptables', 'ip=iproute2', 'openssl', 'buildah'],
]
const COMMANDS = {
  demo: [[node, join(root, 'gonogo', 'cli', 'gonogo.mjs'), 'demo']],
  test: [[join(bin, 'vitest'), 'run']],
  'test:crash': [[join(bin, 'vitest'), 'run', '--config', 'vitest.slow.config.ts']],
  'test:real': [
    [
      node,
      join(root, 'scripts', 'system-packages.mjs'),
      'prometheus',
      'bwrap=bubblewrap',
      'pg_ctlcluster=postgresql',
    ],
    [join(bin, 'vitest'), 'run', '--config', 'vitest.real.config.ts'],
  ],
  'test:kubernetes': [
    ...(process.env.GONOGO_CLUSTER ? [] : [CLUSTER_PACKAGES]),
    [join(bin, 'vitest'), 'run', '--config', 'vitest.kubernetes.config.ts'],
  ],
  cluster: [CLUSTER_PACKAGES, [node, join(root, 'testing', 'kubernetes', 'main.ts')]],
  check: [[join(bin, 'biome'), 'ci', '.'], [join(bin, 'tsc'), '-p', '.'], [join(bin, 'knip')]],
  fix: [[join(bin, 'biome'), 'check', '--write', '.']],
  bench: [[node, join(root, 'bench', 'main.ts')]],
  clawdbot: [[node, join(root, 'clawdbot', 'cli', 'main.ts')]],
  'bench:gateway': [[node, join(root, 'bench', 'gateway', 'main.ts')]],
  'bench:analysis': [[node, join(root, 'bench', 'analysis', 'main.ts')]],
  'bench:bombs': [
    [node, join(root, 'scripts', 'system-packages.mjs'), 'bwrap=bubblewrap'],
    [node, join(root, 'bench', 'bombs', 'main.ts')],
  ],
  'soak:clawdbot': [[node, join(root, 'bench', 'soak', 'main.ts')]],
  'bench:deployments': [CLUSTER_PACKAGES, [node, join(root, 'bench', 'deployments', 'main.ts')]],
  'bench:kubernetes': [
    [...CLUSTER_PACKAGES, 'prometheus'],
    [node, join(root, 'bench', 'kubernetes', 'main.ts')],
  ],
}

function run(command, args, options = {}) {
  // Many short processes of the same code: a third of what it takes to start one is reading and compiling it.
  const NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE ?? join(root, 'node_modules', '.cache', 'compile')
  const env = { ...process.env, NODE_COMPILE_CACHE, PATH: `${bin}${delimiter}${process.env.PATH}` }
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: 'inherit', env, ...options })
  if (error) console.error(`${command}: ${error.message}`)
  return status ?? 1
}

/** True when node_modules holds what the lock file asks for. */
function isInstalled() {
  const installed = join(root, 'node_modules', '.package-lock.json')
  if (!existsSync(installed) || !existsSync(node)) return false
  return (
    statSync(installed).mtimeMs >= statSync(join(root, 'package-lock.json')).mtimeMs || sameLock(installed)
  )
}

function sameLock(installed) {
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages
  const have = JSON.parse(readFileSync(installed, 'utf8')).packages
  return Object.entries(have).every(([path, { version }]) => wanted[path]?.version === version)
}

const [name, ...args] = process.argv.slice(2)
const steps = COMMANDS[name]
if (!steps) {
  console.error(`unknown script ${name}; there are ${Object.keys(COMMANDS).join(', ')}`)
  process.exit(2)
}
if (!isInstalled()) {
  // Not `npm ci`: it refuses a lock file that lacks the optional binaries of platforms its writer could not look up.
  console.error('installing packages (once)…')
  const status = run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 2, 2],
  })
  if (status !== 0) process.exit(3)
}
// The demo's database there is a PostgreSQL beside the cluster.
if (name === 'demo' && args.includes('kubernetes'))
  steps.unshift([...CLUSTER_PACKAGES, 'pg_ctlcluster=postgresql', 'psql=postgresql-client'])
for (const [index, [command, ...fixed]] of steps.entries()) {
  const status = run(command, [...fixed, ...(index === steps.length - 1 ? args : [])])
  if (status !== 0) process.exit(status)
}
