/**
 * PEERS 12: a cold start breaks Slack's three seconds. Catches what makes it long without measuring time: what is bundled
 * into the function that Slack waits for, and how much of it there is.
 */
import { build, type Metafile } from 'esbuild';
import { expect, test } from 'vitest';
import { BUNDLE } from '../../scripts/bundle-options.ts';
import { countCases } from '../core/fixtures.ts';

/** Two AWS clients with what they share are 210 kB; what is ours is the rest. */
const MOST_BYTES = 256_000;
const MOST_OF_OURS = 45_000;

async function bundled(name: string): Promise<Metafile> {
  const { metafile } = await build({
    ...BUNDLE,
    entryPoints: [new URL(`../../functions/${name}.ts`, import.meta.url).pathname],
    sourcemap: false,
    write: false,
    metafile: true,
    outdir: 'out',
  });
  return metafile;
}

/** What is loaded at start: chunks that are imported only when used do not count. */
function atStart({ outputs }: Metafile): { readonly bytes: number; readonly parts: Record<string, number> } {
  const [entry = ''] = Object.keys(outputs).filter((path) => outputs[path]?.entryPoint?.includes('functions/'));
  const seen = new Set<string>();
  const visit = (path: string): void => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { path: next, kind } of outputs[path]?.imports ?? [])
      if (kind === 'import-statement' && outputs[next]) visit(next);
  };
  visit(entry);
  const parts: Record<string, number> = {};
  let bytes = 0;
  for (const path of seen) {
    bytes += outputs[path]?.bytes ?? 0;
    for (const [input, { bytesInOutput }] of Object.entries(outputs[path]?.inputs ?? {}))
      parts[input] = (parts[input] ?? 0) + bytesInOutput;
  }
  return { bytes, parts };
}

test('PEERS 12: the function that Slack waits for is small, and loads nothing that is slow', async () => {
  const { bytes, parts } = atStart(await bundled('slack'));
  const names = Object.keys(parts).filter((name) => (parts[name] ?? 0) > 0);
  countCases('bytes of the function that Slack waits for', bytes);
  expect(bytes).toBeLessThan(MOST_BYTES);
  const slow =
    /undici|@slack\/|bolt|axios|node_modules\/(zod|yaml|hono)\/|client-(dynamodb|iam|sfn|eks|sts|eventbridge)|src\/http\//;
  expect(names.filter((name) => slow.test(name))).toEqual([]);
  const ours = Object.entries(parts).filter(([name]) => /^(src|functions)\//.test(name));
  expect(ours.length).toBeGreaterThan(10);
  expect(ours.reduce((sum, [, size]) => sum + size, 0)).toBeLessThan(MOST_OF_OURS);
});
