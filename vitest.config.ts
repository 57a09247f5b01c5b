import { defineConfig } from 'vitest/config'

const built = { globalSetup: ['test/support/build.ts'] }

/**
 * The suites: `unit` runs the sources; `conformance` and `integration` run dist as a process, against recorded
 * behaviour and real servers; `kubernetes` against a real API server, which is built first; `packaging` installs what
 * `npm pack` gives; `image` builds the Dockerfile; `torture` takes longest (`npm run torture -- --long`).
 */
export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/conformance/**', 'test/image/**', 'test/integration/**', 'test/kubernetes/**', 'test/packaging/**', 'test/torture/**'],
          testTimeout: 20_000
        }
      },
      {
        extends: true,
        test: { ...built, name: 'conformance', include: ['test/conformance/**/*.test.ts'], testTimeout: 60_000, maxConcurrency: 3 }
      },
      {
        extends: true,
        test: { ...built, name: 'integration', include: ['test/integration/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 180_000 }
      },
      {
        extends: true,
        test: {
          ...built,
          name: 'kubernetes',
          include: ['test/kubernetes/**/*.test.ts'],
          testTimeout: 120_000,
          // the first start on a machine builds the API server
          hookTimeout: 1_800_000,
          fileParallelism: false
        }
      },
      {
        extends: true,
        test: { name: 'image', include: ['test/image/**/*.test.ts'], testTimeout: 120_000, hookTimeout: 900_000 }
      },
      {
        extends: true,
        test: { ...built, name: 'packaging', include: ['test/packaging/**/*.test.ts'], testTimeout: 600_000, hookTimeout: 600_000 }
      },
      {
        extends: true,
        test: {
          ...built,
          name: 'torture',
          include: ['test/torture/**/*.test.ts'],
          testTimeout: 3_600_000,
          hookTimeout: 180_000,
          fileParallelism: false
        }
      }
    ]
  }
})
