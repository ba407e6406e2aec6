/** Would catch a published API that is not the one that runs. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { ENDPOINTS } from '../../src/http/endpoints.ts';
import { openApiText } from '../../src/http/openapi.ts';

const committed = readFileSync(new URL('../../docs/openapi.json', import.meta.url), 'utf8');

it('docs/openapi.json is current (npm run generate writes it)', () => {
  expect(committed).toBe(openApiText());
});

it('names every endpoint, and the refusal of each', () => {
  const { paths } = JSON.parse(committed) as {
    paths: Record<string, Record<string, { operationId: string; responses: Record<string, unknown> }>>;
  };
  const operations = Object.values(paths).flatMap((methods) => Object.values(methods));
  expect(operations.map((operation) => operation.operationId).sort()).toEqual(Object.keys(ENDPOINTS).sort());
  for (const { responses } of operations) expect(Object.keys(responses)).toContain('default');
});

it('has nothing but OpenAPI 3.1: every reference leads somewhere', () => {
  const document = JSON.parse(committed) as { openapi: string; components: { schemas: Record<string, unknown> } };
  expect(document.openapi).toBe('3.1.0');
  const references = [...committed.matchAll(/"#\/components\/schemas\/(\w+)"/g)].map(([, name = '']) => name);
  expect(references.length).toBeGreaterThan(10);
  for (const name of references) expect(Object.keys(document.components.schemas)).toContain(name);
});
