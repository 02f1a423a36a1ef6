import { defineConfig } from 'vitest/config'

export default defineConfig({
  resolve: { conditions: ['source'] },
  ssr: { resolve: { conditions: ['source', 'node', 'default'] } },
  test: {
    include: ['packages/*/src/**/*.test.{ts,tsx}', 'test/**/*.test.ts'],
    // Two workers: more of them starve the servers that tests start on a machine of two cores.
    maxWorkers: 2,
    // Generous: a test that hangs is still found, and a busy machine fails none.
    testTimeout: 90_000,
    hookTimeout: 120_000,
  },
})
