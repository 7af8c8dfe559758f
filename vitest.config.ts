import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{gonogo,clawdbot,testing,demo,checklists,scripts,bench}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '.gonogo/**', '**/*.{slow,real,kubernetes}.test.ts'],
    // Much of a test's time is waiting for processes it started; the default leaves half of a two-core machine idle.
    maxWorkers: 3,
    // No file changes what others import, and half of a run would be importing it again.
    isolate: false,
    setupFiles: ['./testing/property-seed.ts'],
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
