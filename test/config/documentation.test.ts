/** Catches a page that shows what is refused: every YAML example of docs/configuration.md is read as part of a whole. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { configurationJsonSchema } from '../../src/config/json-schema.ts';
import { readFiles } from '../../src/config/read.ts';
import { sha256 } from './file.ts';

const page = readFileSync(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
const blocks = (language: string): string[] =>
  [...page.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, text = '']) => text);

/** A key a file: what an example gives itself is left out. */
const REST: Readonly<Record<string, string>> = {
  hub: 'hub: laptop',
  account: 'account: "111122223333"',
  region: 'region: eu-west-1',
  clusters: `clusters:
  prod-eu:
    arn: arn:aws:eks:eu-west-1:111122223333:cluster/prod-eu
    executor: arn:aws:iam::111122223333:role/hallpass-executor
    tags: { stage: prod, team: platform }
  dev:
    arn: arn:aws:eks:eu-west-1:111122223333:cluster/dev
    executor: arn:aws:iam::111122223333:role/hallpass-executor
    tags: { stage: dev, team: platform }`,
  identities: `identities:
  permissionSetRole: arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Hallpass_0123456789abcdef
  people:
    alice: { name: Alice Archer, email: alice@example.com }
    bob: { name: Bob Baker, email: bob@example.com }
    carol: { name: Carol Carter, email: carol@example.com }
    dave: { name: Dave Dunn, email: dave@example.com }
    erin: { name: Erin Ellis, email: erin@example.com }
  groups:
    platform: [bob, carol]`,
  entitlements: `entitlements:
  nothing-special:
    description: So that there is one
    clusters: [dev]
    access: { policy: AmazonEKSViewPolicy, scope: cluster }
    eligible: [alice]
    maxDuration: 1h
    approval: { steps: [{ approvers: [group:platform] }] }`,
};
const MERGED = ['clusters', 'identities', 'entitlements'];

const asWhole = (example: string) => {
  const given = Object.keys(parse(example) as object);
  const rest = Object.entries(REST).filter(([key]) => MERGED.includes(key) || !given.includes(key));
  return readFiles(
    [
      { file: 'example.yaml', text: example },
      ...rest.map(([key, text]) => ({ file: `${key}.yaml`, text: `${text}\n` })),
    ],
    sha256,
  );
};

describe('docs/configuration.md', () => {
  it('has examples', () => {
    expect(blocks('yaml').length).toBeGreaterThanOrEqual(9);
    expect(blocks('json').length).toBeGreaterThanOrEqual(6);
  });

  it.each(blocks('yaml').map((text) => [text.split('\n').slice(0, 3).join(' ⏎ '), text]))('%s', (_start, text) => {
    const read = asWhole(text);
    expect(
      read.ok ? [] : read.error.map(({ file, line, path, message }) => `${file}:${line} ${path}: ${message}`),
    ).toEqual([]);
  });

  it.each(blocks('json').map((text) => [text.slice(0, 60), text]))('%s', (_start, text) => {
    expect(() => JSON.parse(text) as unknown).not.toThrow();
  });

  it('names every key of an entitlement', () => {
    const schema = configurationJsonSchema() as unknown as {
      properties: { entitlements: { additionalProperties: { properties: object } } };
    };
    const keys = Object.keys(schema.properties.entitlements.additionalProperties.properties);
    expect(keys.filter((key) => !page.includes(`\`${key}\``))).toEqual([]);
  });
});
