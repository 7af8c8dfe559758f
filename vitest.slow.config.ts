import { defineConfig } from 'vitest/config'

// One after the other: these run against the clock.
export default defineConfig({
  test: {
    include: ['{gonogo,testing}/**/*.slow.test.ts'],
    testTimeout: 600_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
