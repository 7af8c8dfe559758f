import { defineConfig } from 'vitest/config'

// Against real servers from Debian packages, one after the other: their timing is part of what is tested.
export default defineConfig({
  test: {
    include: ['{gonogo,clawdbot,testing}/**/*.real.test.ts'],
    expect: { poll: { timeout: 10_000 } },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    fileParallelism: false,
  },
})
