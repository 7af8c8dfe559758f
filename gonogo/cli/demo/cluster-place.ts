import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { EXIT, Refusal } from '#engine/exit-codes.ts'
import { loadWorkspace } from '../load.ts'
import { CONFIG, clusterPlaceSchema, clusterService, UNPROVEN } from './cluster-service.ts'
import type { DemoPlace } from './place.ts'
import type { Deployable } from './releases.ts'
import type { DemoVersion } from './repository.ts'

const imagesSchema = z.record(z.string(), z.string())

/** Throws a Refusal where a cluster for tests cannot be. */
export function mustHaveCluster(): void {
  if (process.platform === 'linux' && process.getuid?.() === 0) return
  throw new Refusal(
    'no-cluster',
    'the demo on Kubernetes starts a cluster on this machine, for which it must be root on Linux; run it so, or without --target kubernetes',
    EXIT.environment,
  )
}

/**
 * Production and staging in namespaces of the cluster for tests, which is started where it is not up. `home` gets a service
 * file of its own, with its own log. Throws a Refusal when the cluster cannot be had.
 */
export async function clusterPlace(sources: string, home: string): Promise<DemoPlace> {
  const demo = join(home, '.gonogo', 'demo')
  await rm(demo, { recursive: true, force: true })
  await mkdir(demo, { recursive: true })
  const side = startClusterSide(sources, demo)
  try {
    const place = clusterPlaceSchema.parse(await side.answer())
    const file = parse(readFileSync(join(sources, 'gonogo.yaml'), 'utf8'))
    const serviceFile = join(home, 'gonogo.yaml')
    await writeFile(serviceFile, stringify(clusterService(file, place, sources)))
    return {
      workspace: loadWorkspace(serviceFile),
      sources,
      demo,
      left: UNPROVEN,
      isCrowded: true,
      deployables: async () => {
        side.ask('images')
        const images = imagesSchema.parse(await side.answer())
        const all = Object.entries(images).map(([version, artifact]): [string, Deployable] => [
          version,
          { artifact, digest: artifact.split('@')[1] ?? '', config: CONFIG },
        ])
        return Object.fromEntries(all) as Record<DemoVersion, Deployable>
      },
      close: side.close,
    }
  } catch (error) {
    await side.close()
    throw error
  }
}

/** Sets the cluster up as a process of its own, which takes everything away again however this one ends. */
function startClusterSide(sources: string, demo: string) {
  const script = join(sources, 'testing', 'kubernetes', 'demo-place.ts')
  const child: ChildProcess = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', script, demo],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  )
  const ended = once(child, 'exit')
  const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })[Symbol.asyncIterator]()
  return {
    ask: (what: string) => void child.stdin?.write(`${what}\n`),
    answer: async (): Promise<unknown> => {
      const line = await lines.next()
      if (!line.done) return JSON.parse(line.value)
      throw new Refusal('no-cluster', 'the demo’s cluster could not be prepared; see above', EXIT.environment)
    },
    close: async () => {
      child.stdin?.end()
      await ended
    },
  }
}
