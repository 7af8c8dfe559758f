import { cpSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { buildContext, importBase, importBuilt } from './built-image.ts'

const PATHS = ['package.json', 'package-lock.json', 'gonogo/package.json', 'clawdbot/package.json']

/** Images of ClawdBot by its own Containerfile, one for each version's folder; answers their names by digest. */
export async function importClawdbot(
  folders: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  await importBase()
  const context = await buildContext(PATHS, ['--workspace', 'clawdbot'])
  const images: Record<string, string> = {}
  try {
    for (const [version, folder] of Object.entries(folders)) {
      // Packages of which the repository has another version lie beside the sources.
      for (const entry of readdirSync(join(context, 'clawdbot')))
        if (entry !== 'node_modules') rmSync(join(context, 'clawdbot', entry), { recursive: true })
      cpSync(folder, join(context, 'clawdbot'), {
        recursive: true,
        filter: (from) => !from.slice(folder.length).includes('node_modules'),
      })
      const name = `gonogo.test/clawdbot:${version}`
      images[version] = await importBuilt(name, 'clawdbot/Containerfile', context)
    }
    return images
  } finally {
    rmSync(context, { recursive: true, force: true })
  }
}
