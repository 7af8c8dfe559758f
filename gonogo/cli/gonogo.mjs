#!/usr/bin/env node
// Starts the command line with a Node that runs TypeScript without a build: this one if it is 24 or newer, else the one
// that comes as the npm package `node`.
import { spawnSync } from 'node:child_process'
import module, { createRequire } from 'node:module'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

// Half of what a command takes to start is compiling the same code again.
const cache = process.env.NODE_COMPILE_CACHE ?? join(homedir(), '.cache', 'gonogo', 'compiled')
const main = join(dirname(fileURLToPath(import.meta.url)), 'main.ts')
if (Number(process.versions.node.split('.')[0]) >= 24) {
  module.enableCompileCache(cache)
  await import(main)
} else {
  let node
  try {
    node = join(dirname(createRequire(import.meta.url).resolve('node/package.json')), 'bin', 'node')
  } catch {
    process.stderr.write(
      'gonogo: needs Node 24 or newer, or the npm package "node"; run npm install and try again\n',
    )
    process.exit(3)
  }
  // The child gets the terminal's signals itself; this process only waits for its end.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {})
  const child = spawnSync(node, ['--disable-warning=ExperimentalWarning', main, ...process.argv.slice(2)], {
    stdio: 'inherit',
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  })
  process.exit(child.status ?? 130)
}
