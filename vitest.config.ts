import { availableParallelism } from 'node:os'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // What examples import by the package's name: the sources, not what was built of them.
  resolve: {
    alias: [
      { find: /^mmap-directory$/, replacement: fileURLToPath(new URL('src/index.ts', import.meta.url)) },
      {
        find: /^mmap-directory\/testing$/,
        replacement: fileURLToPath(new URL('src/testing/index.ts', import.meta.url)),
      },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: Math.max(2, availableParallelism() - 1), // most of them wait for processes
    testTimeout: 60_000,
    coverage: { provider: 'v8', include: ['src/**'], reporter: ['text-summary', 'html'] },
  },
})
