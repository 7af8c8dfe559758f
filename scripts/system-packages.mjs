// Installs Debian packages that tests against real servers need, when root; the commands they bring are the arguments.
import { spawnSync } from 'node:child_process'

const run = (command, args) => spawnSync(command, args, { stdio: ['ignore', 2, 2] }).status === 0
const isThere = (command) => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0

const missing = process.argv.slice(2).filter((command) => !isThere(command))
if (missing.length > 0) {
  const isInstalled =
    process.getuid?.() === 0 &&
    run('apt-get', ['update', '-qq']) &&
    run('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...missing])
  if (!isInstalled) {
    console.error(
      `missing: ${missing.join(', ')}; install them (Debian packages of the same names) and try again`,
    )
    process.exit(3)
  }
}
