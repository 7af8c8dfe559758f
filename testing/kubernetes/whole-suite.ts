import { down, status, up } from './cluster.ts'

let wasUp = false

/** One cluster for every file. A cluster that was there before stays. */
export async function setup(): Promise<void> {
  wasUp = await status().then(
    ({ ready }) => ready,
    () => false,
  )
  await up((line) => process.stderr.write(`· ${line}\n`))
}

export async function teardown(): Promise<void> {
  if (!wasUp) await down()
}
