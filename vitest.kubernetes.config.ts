import { defineConfig } from 'vitest/config'

// One cluster, one file after the other.
export default defineConfig({
  test: {
    include: ['{gonogo,testing}/**/*.kubernetes.test.ts'],
    globalSetup: './testing/kubernetes/whole-suite.ts',
    testTimeout: 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
})
