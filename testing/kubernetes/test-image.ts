import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'
import { importNodeImage } from './images.ts'
import { GIVEN } from './places.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Digest of the test service's image on the cluster. */
    testImage: string
  }
}

export const IMAGE = GIVEN?.image.split('@')[0] ?? 'gonogo.test/service'
const SERVICE = fileURLToPath(new URL('../service', import.meta.url))

/** Makes the test service's image on a cluster that runs, unless it is given with the cluster; answers its digest. */
export const importTestImage = async (): Promise<string> =>
  GIVEN?.image.split('@')[1] ?? importNodeImage(`${IMAGE}:1`, SERVICE, ['/app/main.ts'])

/** The digest of the test service's image, which the whole suite was given. */
export const testImage = (): string => inject('testImage')
