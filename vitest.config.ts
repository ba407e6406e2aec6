import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // Those need Java or a browser; they have configurations of their own.
    exclude: ['test/**/*.conformance.test.ts', 'test/conformance/**', 'test/browser/**', '**/node_modules/**'],
    // Processes rather than threads: the engine and the servers under test are children of the one that starts them.
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 30_000,
    // What the code under test says is not for the reader; how many cases a table had is.
    onConsoleLog: (log) => log.startsWith('[cases]'),
    restoreMocks: true,
  },
});
