/**
 * F21: what break-glass and the doctor know of callers is asked of IAM by the worker. Would catch a kind of caller whose
 * role the worker may not read: one refused read, and nobody at all is recognised in an emergency.
 */
import { expect, test } from 'vitest';
import { hubNames } from '../../src/aws/deployment.ts';
import { hubPermissions } from '../../src/aws/hub-policies.ts';
import type { Permission } from '../../src/aws/permission.ts';
import { exampleConfig, replacing } from '../life/harness.ts';

const ROLE = 'arn:aws:iam::111122223333:role/deployer';
const config = exampleConfig(
  replacing([
    '  groups:\n',
    `  roles:\n    deployer: { role: "${ROLE}", owners: [bob], description: Deploys from the main branch }\n\n  groups:\n`,
  ]),
);

const readable = (permissions: readonly Permission[]): readonly string[] =>
  permissions.filter(({ actions }) => actions.includes('iam:GetRole')).flatMap(({ resources }) => resources);

test('whoever the API can recognise the worker can look up, too', () => {
  const { api, worker } = hubPermissions(config, hubNames(config));
  expect(readable(api)).toContain(ROLE);
  expect(readable(api).filter((arn) => !readable(worker).includes(arn))).toEqual([]);
});

test('F39: nor is anybody whom only Identity Center knows, though the file lists nobody', () => {
  const role = 'arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Hallpass_0123456789abcdef';
  const identityCenter = { identityStoreId: 'd-1234567890', region: 'eu-west-1', role, groups: { oncall: 'On call' } };
  const alone = { ...config, identityCenter, directory: { people: {}, groups: {} } };
  const { api, worker, breakglass } = hubPermissions(alone, hubNames(config));
  for (const permissions of [api, worker, breakglass]) expect(readable(permissions)).toContain(role);
});
