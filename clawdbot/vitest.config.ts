import { defineConfig } from 'vitest/config'

// A released copy of this folder runs its own suite, wherever it lies: `vitest run --root FOLDER`.
// biome-ignore lint/style/noDefaultExport: vitest reads the default export
export default defineConfig({
  test: {
    include: ['**/*.{test,spec}.ts'],
    exclude: ['**/node_modules/**', '**/*.real.test.ts'],
    // The files share no state beyond what they start themselves, and half of a run was importing the same code again.
    isolate: false,
    maxWorkers: 2,
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 20_000,
    hookTimeout: 20_000,
    coverage: {
      provider: 'v8',
      include: ['**/*.ts'],
      exclude: ['**/*.{test,spec}.ts', '**/testing/**', 'vitest.config.ts', 'faults/**'],
    },
  },
})
