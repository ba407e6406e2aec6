/**
 * Catches a stack in a log that nobody can read. Bundles are one line of names of one letter, and Node's own
 * `--enable-source-maps` would cost every start.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import { BUNDLE } from '../../scripts/bundle-options.ts';
import { lambda } from '../../src/aws/lambda.ts';
import { mappedStack } from '../../src/aws/mapped-stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'hallpass-stack-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const LAMBDA = new URL('../../src/aws/lambda.ts', import.meta.url).pathname;
const SOURCE = `import { lambda } from ${JSON.stringify(LAMBDA)};
const failing = (): never => {
  throw new Error('as planned');
};
export const handler = lambda(() => async () => failing());
`;

/** What a function of this source fails with: in a process of its own, for this one maps stacks by itself. */
async function stackOfFunction(): Promise<string> {
  const source = join(folder, 'failing.ts');
  writeFileSync(source, SOURCE);
  await build({ ...BUNDLE, entryPoints: [source], outdir: join(folder, 'out') });
  const bundle = JSON.stringify(join(folder, 'out/failing.mjs'));
  const program = `const { handler } = await import(${bundle}); await handler({}, {}).catch(({ stack }) => console.log(stack));`;
  const { stdout, status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', program], {
    encoding: 'utf8',
    env: {},
  });
  expect(status, stderr).toBe(0);
  return stdout;
}

test('a place in a bundle is told as the place in the source', async () => {
  const stack = await stackOfFunction();
  expect(stack).toMatch(/^Error: as planned\n +at .*failing\.ts:3:\d+/);
  expect(stack).toContain('src/aws/lambda.ts:');
});

test('what has no map stays as it is', () => {
  const stack = 'Error: no\n    at f (file:///var/task/gone.mjs:1:234)\n    at node:internal/x:1:2';
  expect(mappedStack(stack)).toBe(stack);
});

test('a handler fails with the error that it failed with', async () => {
  const failed = new Error('as it was');
  const handler = lambda(() => () => Promise.reject(failed));
  await expect(handler({}, { awsRequestId: 'r', getRemainingTimeInMillis: () => 1_000 })).rejects.toBe(failed);
});
