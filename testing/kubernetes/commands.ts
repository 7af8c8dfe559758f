import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { binary, CONTAINERD_SOCKET, GIVEN, kubeconfig } from './places.ts'

const execute = promisify(execFile)

export type CommandOptions = {
  readonly cwd?: string
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
}

/** Runs a command to its end; throws with what it wrote when it fails. */
export async function run(
  command: string,
  args: readonly string[],
  { cwd, env, input }: CommandOptions = {},
): Promise<string> {
  try {
    const running = execute(command, [...args], {
      maxBuffer: 2 ** 26,
      ...(cwd ? { cwd } : {}),
      env: { ...process.env, ...env },
    })
    // A command that has ended already reads no input; how it ended says the rest.
    running.child.stdin?.on('error', () => undefined)
    running.child.stdin?.end(input ?? '')
    return (await running).stdout
  } catch (error) {
    const { stderr = '', message } = error as { stderr?: string; message: string }
    throw new Error(
      `${command} ${args.slice(0, 4).join(' ')} failed: ${stderr.trim().slice(-2000) || message}`,
    )
  }
}

/** The one that was built with a cluster of our own, or the one that whoever gives a cluster has. */
const KUBECTL = GIVEN ? 'kubectl' : binary('kubectl')

/** kubectl as the cluster's administrator. */
export const kubectl = (args: readonly string[], input?: string): Promise<string> =>
  run(KUBECTL, ['--kubeconfig', kubeconfig('admin'), ...args], input === undefined ? {} : { input })

/** Creates or changes objects, given as YAML or JSON. */
export const apply = (manifest: string): Promise<string> =>
  kubectl(['apply', '--server-side', '--force-conflicts', '-f', '-'], manifest)

/** containerd's own client, in Kubernetes' namespace. */
export const ctr = (args: readonly string[]): Promise<string> =>
  run('ctr', ['--address', CONTAINERD_SOCKET, '--namespace', 'k8s.io', ...args])
