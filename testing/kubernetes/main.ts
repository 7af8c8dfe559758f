// `npm run cluster -- up|down|status|build`: a Kubernetes for tests on this machine; `build` only makes its binaries.
import { buildBinaries } from './binaries.ts'
import { down, status, up } from './cluster.ts'
import { kubeconfig, ROUTER_PORT } from './places.ts'

const say = (line: string): void => void process.stderr.write(`· ${line}\n`)
const VERBS: Readonly<Record<string, () => Promise<boolean>>> = {
  up: async () => {
    await up(say)
    process.stdout.write(`KUBECONFIG=${kubeconfig('admin')}\nroutes at http://127.0.0.1:${ROUTER_PORT}\n`)
    return true
  },
  build: async () => {
    await buildBinaries(say)
    return true
  },
  down: async () => {
    await down()
    return true
  },
  status: async () => {
    const { parts, ready } = await status()
    for (const [name, runs] of Object.entries(parts)) process.stdout.write(`${runs ? '✓' : '✗'} ${name}\n`)
    process.stdout.write(ready ? 'the node is ready\n' : 'there is no cluster that is ready\n')
    return ready
  },
}

const verb = VERBS[process.argv[2] ?? '']
if (!verb) {
  process.stderr.write('npm run cluster -- up|down|status|build\n')
  process.exit(2)
}
try {
  process.exitCode = (await verb()) ? 0 : 1
} catch (error) {
  process.stderr.write(`cluster: ${(error as Error).message}\n`)
  process.exitCode = 3
}
