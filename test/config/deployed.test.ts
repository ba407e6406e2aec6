/**
 * Catches: a configuration that changes on its way into a function, one of another release, an example that does not
 * work, and an editor's schema that lags behind.
 */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { configurationSchemaText } from '../../src/config/json-schema.ts';
import { deployedConfiguration, parseDeployedConfiguration } from '../../src/config/load.ts';
import { evaluateRequest } from '../../src/core/request.ts';
import { hours, instant, minutes } from '../../src/core/time.ts';
import { changed, ROLE, sha256, VALID, valid } from './file.ts';

const file = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const example = () => valid(file('hallpass.yaml'));

it('reads every default as it is documented', () => {
  const configuration = valid(VALID);
  expect(configuration.partition).toBe('aws');
  expect(configuration.warnBefore).toBe(600_000);
  expect(configuration.limits).toEqual({
    openGrantsPerPerson: 5,
    requestsPerPersonAndHour: 10,
    pendingPerEntitlement: 50,
    roles: 300,
  });
  expect(configuration.directory.people['alice']).toEqual({
    id: 'alice',
    name: 'Alice',
    email: 'alice@example.com',
    iam: [{ role: ROLE, session: 'alice@example.com' }],
    disabled: false,
  });
  const { digest, ...view } = configuration.entitlements['view'] ?? { digest: '' };
  expect(digest).toMatch(/^[0-9a-f]{64}$/);
  expect(view).toEqual({
    id: 'view',
    description: 'Looking',
    clusters: ['one', 'two'],
    access: { kind: 'policy', policy: 'AmazonEKSViewPolicy', scope: 'namespace', namespaces: ['dev'] },
    principal: { mode: 'dedicated' },
    eligible: [
      { kind: 'person', id: 'alice' },
      { kind: 'group', name: 'platform' },
    ],
    maxDuration: 1_800_000,
    defaultDuration: 1_800_000,
    justification: { required: true, minLength: 1 },
    ticket: { required: true, pattern: 'INC-[0-9]+' },
    approval: {
      autoApprove: false,
      steps: [{ approvers: [{ kind: 'group', name: 'platform' }], approvalsNeeded: 1, channels: [] }],
      window: 86_400_000,
    },
  });
  expect(configuration.entitlements['admin']?.defaultDuration).toBe(3_600_000);
});

it('knows the partition of a region', () => {
  const china = VALID.replaceAll('eu-west-1', 'cn-north-1').replaceAll('arn:aws:', 'arn:aws-cn:');
  expect(valid(china).partition).toBe('aws-cn');
});

it('the digest is of what the file says, not of how it is written', () => {
  const spaced = changed('hub: laptop', '# a comment\nhub:   "laptop"');
  expect(valid(spaced).digest).toBe(valid(VALID).digest);
  const other = valid(changed('maxDuration: 4h', 'maxDuration: 5h'));
  expect(other.digest).not.toBe(valid(VALID).digest);
  expect(other.entitlements['admin']?.digest).not.toBe(valid(VALID).entitlements['admin']?.digest);
  expect(other.entitlements['view']?.digest).toBe(valid(VALID).entitlements['view']?.digest);
});

it('survives being deployed as JSON', () => {
  for (const configuration of [valid(VALID), example()]) {
    expect(JSON.parse(JSON.stringify(configuration))).toStrictEqual(configuration);
    expect(parseDeployedConfiguration(deployedConfiguration(configuration), sha256)).toStrictEqual(configuration);
  }
});

it('refuses a deployed configuration that was edited, cut or made by another release', () => {
  const json = deployedConfiguration(valid(VALID));
  expect(() =>
    parseDeployedConfiguration(changed('"maxDuration":14400000', '"maxDuration":99000000', json), sha256),
  ).toThrow(/does not match its digest/);
  expect(() => parseDeployedConfiguration(changed('"format":2', '"format":1', json), sha256)).toThrow(
    /format 1, and this code reads 2/,
  );
  expect(() => parseDeployedConfiguration('{}', sha256)).toThrow(/format undefined/);
  expect(() => parseDeployedConfiguration(json.slice(0, -2), sha256)).toThrow(SyntaxError);
});

it('loading brings in neither the YAML reader nor the schema library', () => {
  expect(file('src/config/load.ts')).not.toMatch(/from '(?!\.\.\/core\/)/);
});

it("the example lets Alice ask for the article's access and for a day of looking", () => {
  const configuration = example();
  const { alice } = configuration.directory.people;
  if (!alice) throw new Error('no Alice');
  const ask = (entitlement: string, duration: string) =>
    evaluateRequest({ entitlement, duration, justification: 'INC-4211' }, alice, configuration, instant(0));
  expect(ask('mycluster-admin', '30m')).toMatchObject({
    ok: true,
    value: {
      duration: minutes(30),
      access: {
        kind: 'policy',
        policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
        accessScope: { type: 'cluster' },
      },
    },
  });
  expect(ask('mycluster-admin', '1m')).toMatchObject({ ok: true });
  expect(ask('mycluster-view-dev', '12h')).toMatchObject({ ok: true, value: { duration: hours(12) } });
  expect(ask('mycluster-view-dev', '1m')).toMatchObject({ ok: true });
});

it('docs/hallpass.schema.json is current: else run node scripts/config-schema.ts', () => {
  expect(file('docs/hallpass.schema.json')).toBe(configurationSchemaText());
});
