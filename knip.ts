import type { KnipConfig } from 'knip'

const config: KnipConfig = {
  workspaces: {
    '.': {
      entry: [
        'scripts/*.mjs',
        'bench/**/main.ts',
        'bench/gateway/upstream.ts',
        'testing/**/*.ts',
        'checklists/*.ts',
        'vitest*.config.ts',
      ],
      project: ['scripts/**', 'bench/**/*.ts', 'testing/**/*.ts', 'checklists/*.ts'],
    },
    gonogo: {
      entry: [
        'cli/main.ts',
        'analysis/index.ts',
        'analysis/simulation/index.ts',
        'connectors/yaml-file/index.ts',
        'cli/demo/traffic.ts',
        'targets/processes/supervisor.ts',
        'targets/processes/test-client.ts',
        '**/*.test.ts',
      ],
      project: ['**/*.ts'],
    },
    clawdbot: {
      entry: [
        '*/main.ts',
        'skills/*/{main,twin}.ts',
        'faults/*.ts',
        'testing/migration-hangs.ts',
        'skills/examples/*/main.mjs',
        'database/migrations/*.ts',
        '**/*.test.ts',
      ],
      project: ['**/*.ts'],
    },
  },
  exclude: ['types', 'binaries'],
  ignoreDependencies: ['@biomejs/biome'],
  // Where the kit lies when the example runs.
  ignoreUnresolved: ['../kit/serve-skill.ts'],
  ignoreExportsUsedInFile: true,
}
export default config
