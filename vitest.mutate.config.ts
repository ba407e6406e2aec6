/**
 * What mutation testing runs: the fast suites of the core and the use cases. Every mutant is run until the first test that
 * fails, so the quick files come first; and no file is worth a worker of its own, for none leaves anything behind.
 * `HALLPASS_TESTS` names fewer, separated by spaces: a file's own tests alone take minutes where all of them take hours.
 */
import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** Files that go through every fault or every pair, in the order of what they cost. */
const SLOW = ['races', 'changed-rules', 'extension', 'risks', 'crash'].map((name) => `/${name}.test.ts`);

class QuickFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const cost = ({ moduleId }: TestSpecification): number => SLOW.findIndex((name) => moduleId.endsWith(name));
    return files.toSorted((a, b) => cost(a) - cost(b));
  }
}

export default defineConfig({
  test: {
    include: process.env['HALLPASS_TESTS']?.split(' ') ?? [
      'test/core/**/*.test.ts',
      'test/broker/**/*.test.ts',
      'test/faults/risks.test.ts',
      'test/reaper/{reap,judge}.test.ts',
    ],
    testTimeout: 20_000,
    pool: 'threads',
    isolate: false,
    sequence: { sequencer: QuickFirst },
  },
});
