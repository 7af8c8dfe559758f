import { createRequire } from 'node:module'
import type * as Client from '@kubernetes/client-node'

const require = createRequire(import.meta.url)

/** The API's library, loaded when a cluster is first spoken to: it is a third of what every command would take to start. */
export const client = (): typeof Client => require('@kubernetes/client-node') as typeof Client
