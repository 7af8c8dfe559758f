import { fileURLToPath } from 'node:url'
import { up } from './cluster.ts'
import { importNodeImage } from './images.ts'

const SERVICE = fileURLToPath(new URL('../service', import.meta.url))

/** A cluster that runs, and the digest of the test service's image on it. */
export async function testImage(): Promise<string> {
  await up(() => undefined)
  return importNodeImage('gonogo.test/service:1', SERVICE, ['/app/main.ts'])
}
