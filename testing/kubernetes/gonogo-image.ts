import { rmSync } from 'node:fs'
import { buildContext, importBase, importBuilt } from './built-image.ts'

const PATHS = ['package.json', 'package-lock.json', 'gonogo', 'clawdbot', 'checklists']

/** gonogo's image by its own Containerfile, on a base of this machine's Node; answers its name by digest. */
export async function importGonogoImage(): Promise<string> {
  await importBase()
  const context = await buildContext(PATHS, [])
  try {
    return await importBuilt('gonogo.test/gonogo:1', 'deploy/gonogo/Containerfile', context)
  } finally {
    rmSync(context, { recursive: true, force: true })
  }
}
