/** What mutation testing runs: the fast suites of the core and the use cases. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/core/**/*.test.ts', 'test/broker/**/*.test.ts', 'test/faults/risks.test.ts'],
    testTimeout: 20_000,
    pool: 'threads',
  },
});
