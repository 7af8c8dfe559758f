import { access, constants, mkdir } from 'node:fs/promises'
import { runCommand } from '#connectors/command/index.ts'
import { type KubernetesConfig, kubernetesConfigSchema } from '#targets/kubernetes/config.ts'
import { examineCluster, type Finding } from '#targets/kubernetes/examine.ts'
import { Refusal } from './exit-codes.ts'
import { stateFolder, type Workspace } from './workspace.ts'

const LIMIT_MS = 10_000

/** What gonogo needs on this machine and of the environment's target, one finding each. Changes nothing there. */
export async function examine(
  workspace: Workspace,
  environment: string,
  clusterOnly: boolean,
): Promise<Finding[]> {
  const { root, service } = workspace
  const { target, metrics } = service.environments[environment] ?? {}
  const machine = clusterOnly ? [] : await examineMachine(root)
  if (target?.kind !== 'kubernetes') return machine
  const config = parse(environment, target)
  return [
    ...machine,
    ...(await examineCluster({ config, root, bound: Object.keys(service.checks), metrics })),
  ]
}

function parse(environment: string, target: object): KubernetesConfig {
  const parsed = kubernetesConfigSchema.safeParse(target)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw new Refusal(
    'bad-target',
    `environments.${environment}.target.${issue?.path.join('.')}: ${issue?.message}`,
  )
}

async function examineMachine(root: string): Promise<Finding[]> {
  const programs = [
    { command: ['git', '--version'], why: 'reads the repository', remedy: 'install git' },
    { command: ['ssh-keygen', '-?'], why: 'signs for people', remedy: 'install the OpenSSH client' },
  ]
  const found = await Promise.all(
    programs.map(async ({ command, why, remedy }): Promise<Finding> => {
      const isThere = await runCommand(command, { cwd: root, limitMs: LIMIT_MS }).then(
        (done) => done.ok || done.code !== null,
        () => false,
      )
      const what = `program ${command[0]}`
      return isThere
        ? { what, ok: true, detail: why, remedy: null }
        : { what, ok: false, detail: `is not there, and ${why}`, remedy }
    }),
  )
  return [...found, await folderFinding(stateFolder(root))]
}

async function folderFinding(folder: string): Promise<Finding> {
  const what = `folder ${folder}`
  try {
    await mkdir(folder, { recursive: true })
    await access(folder, constants.W_OK)
    return { what, ok: true, detail: 'can be written', remedy: null }
  } catch (error) {
    return { what, ok: false, detail: (error as Error).message, remedy: 'let this user write it' }
  }
}
