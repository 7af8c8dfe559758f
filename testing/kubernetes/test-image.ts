import { fileURLToPath } from 'node:url'
import { inject } from 'vitest'
import { importNodeImage } from './images.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Digest of the test service's image on the cluster. */
    testImage: string
  }
}

export const IMAGE = 'gonogo.test/service'
const SERVICE = fileURLToPath(new URL('../service', import.meta.url))

/** Makes the test service's image on a cluster that runs; answers its digest. */
export const importTestImage = (): Promise<string> => importNodeImage(`${IMAGE}:1`, SERVICE, ['/app/main.ts'])

/** The digest of the test service's image, which the whole suite was given. */
export const testImage = (): string => inject('testImage')
