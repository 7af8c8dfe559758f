import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{gonogo,clawdbot,testing,demo,checklists,scripts}/**/*.test.ts'],
    exclude: ['**/node_modules/**', '.gonogo/**', '**/*.{slow,real,kubernetes}.test.ts'],
    setupFiles: ['./testing/property-seed.ts'],
    testTimeout: 20_000,
    hookTimeout: 20_000,
  },
})
