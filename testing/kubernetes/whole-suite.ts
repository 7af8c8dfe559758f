import { down, status, up } from './cluster.ts'
import { removeLeftovers } from './contract-world.ts'

let wasUp = false

/** One cluster for every file. A cluster that was there before stays. */
export async function setup(): Promise<void> {
  wasUp = await status().then(
    ({ ready }) => ready,
    () => false,
  )
  await up((line) => process.stderr.write(`· ${line}\n`))
  await removeLeftovers()
}

export async function teardown(): Promise<void> {
  if (!wasUp) await down()
}
