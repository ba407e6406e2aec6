/** Would catch a page that describes another command than the one that runs. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { cliDocumentation } from '../../cli/documentation.ts';

it('docs/cli.md is current (npm run generate writes it)', async () => {
  expect(readFileSync(new URL('../../docs/cli.md', import.meta.url), 'utf8')).toBe(await cliDocumentation());
});
