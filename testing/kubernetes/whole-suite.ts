import type { TestProject } from 'vitest/node'
import { down, status, up } from './cluster.ts'
import { kubectl } from './commands.ts'
import { OWN, removeLeftovers } from './contract-world.ts'
import { GIVEN } from './places.ts'
import { importTestImage } from './test-image.ts'

let wasUp = false

/** One cluster for every file. A cluster that was there before, or is given, stays. */
export async function setup({ provide }: TestProject): Promise<void> {
  if (GIVEN) await refuseInUse()
  else {
    await startOwn()
    await removeLeftovers()
  }
  provide('testImage', await importTestImage())
}

/** On a cluster that others use as well, what is found may be a run of theirs: it is not taken away. */
async function refuseInUse(): Promise<void> {
  const active = ['--selector', OWN, '--field-selector', 'status.phase=Active']
  const found = (await kubectl(['get', 'namespaces', ...active, '-o', 'name'])).trim()
  if (found)
    throw new Error(
      `the cluster has ${found.split('\n').length} namespaces of another run; where none is under way: kubectl delete namespace --selector ${OWN}`,
    )
}

async function startOwn(): Promise<void> {
  wasUp = await status().then(
    ({ ready }) => ready,
    () => false,
  )
  await up((line) => process.stderr.write(`· ${line}\n`))
}

export async function teardown(): Promise<void> {
  if (!GIVEN && !wasUp) await down()
}
