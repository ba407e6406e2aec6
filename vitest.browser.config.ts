/** What a person sees and clicks, in a real browser (Debian's chromium, or the one that CHROMIUM names). */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/browser/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: 120_000,
    hookTimeout: 60_000,
    onConsoleLog: (log) => log.startsWith('[cases]') || log.startsWith('[skipped]'),
    restoreMocks: true,
  },
});
