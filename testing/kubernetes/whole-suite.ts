import type { TestProject } from 'vitest/node'
import { down, status, up } from './cluster.ts'
import { removeLeftovers } from './contract-world.ts'
import { importTestImage } from './test-image.ts'

let wasUp = false

/** One cluster for every file. A cluster that was there before stays. */
export async function setup({ provide }: TestProject): Promise<void> {
  wasUp = await status().then(
    ({ ready }) => ready,
    () => false,
  )
  await up((line) => process.stderr.write(`· ${line}\n`))
  await removeLeftovers()
  provide('testImage', await importTestImage())
}

export async function teardown(): Promise<void> {
  if (!wasUp) await down()
}
