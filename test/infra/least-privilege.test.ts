/**
 * Catches a permission that is missing (a function fails on AWS that worked here), one that nobody needs, and a policy
 * that lets an attack through: the synthesised policies, judged by another simulator than local mode's.
 */
import { runSimulation } from '@cloud-copilot/iam-simulate';
import { beforeAll, describe, expect, test } from 'vitest';
import { executorPermissions, reaperPermissions } from '../../src/aws/cluster-policies.ts';
import { hubNames } from '../../src/aws/deployment.ts';
import { chatPermissions, hubPermissions } from '../../src/aws/hub-policies.ts';
import type { Permission } from '../../src/aws/permission.ts';
import { countCases } from '../core/fixtures.ts';
import { ATTACKS, type Attempt, EXECUTOR, entry, RIGHTFUL, WORKER } from './attacks.ts';
import { everything, OTHER_ACCOUNT } from './everything.ts';
import { type Recorded, recordedCalls } from './recorded.ts';
import { type Document, policiesOf, type Statement, synthesise } from './synthesis.ts';

const HUB = '111122223333';
const config = everything();
/** What local mode calls by hand. */
const names = { ...hubNames(config), table: 'hallpass', stateMachine: 'hallpass-grant' };

const STREAM = `arn:aws:dynamodb:eu-west-1:${HUB}:table/hallpass/stream/2026-11-24T09:00:00.000`;

type Policies = Readonly<Record<string, Document>>;

let policies: Policies;
let calls: readonly Recorded[];

beforeAll(async () => {
  const { hub, byAccount } = synthesise(config, { names, table: { name: names.table, streamArn: STREAM } });
  policies = {
    ...prefixed(HUB, policiesOf(hub)),
    ...Object.assign(
      {},
      ...Object.entries(byAccount).map(([account, template]) => prefixed(account, policiesOf(template))),
    ),
  };
  calls = await recordedCalls();
}, 120_000);

const prefixed = (account: string, found: Record<string, Document>): Policies =>
  Object.fromEntries(Object.entries(found).map(([name, document]) => [`${account}/${name}`, document]));

/** Local mode names most roles of functions without the hub. */
const deployedRole = (role: string): string => role.replace(/hallpass-(api|publisher|guard)$/, 'hallpass-laptop-$1');

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
      (await verdict(policyOf(call.role), call)) === 'allowed'
        ? []
        : [`${call.role}: ${call.action} on ${call.resource}`],
    ),
  );
  return [...new Set(found.flat())].sort();
}

test('every recorded call is allowed', async () => {
  countCases('recorded rights', calls.length);
  expect(new Set(calls.map((call) => call.role)).size).toBeGreaterThanOrEqual(6);
  expect(await refusedBy(policyFor)).toEqual([]);
});

describe('every permission is needed', () => {
  /** For each role what it may do, one statement and action at a time, but for what AWS's own services do as it. */
  const permitted = (): { role: string; statement: Statement; action: string }[] => {
    const byRole: Record<string, readonly Permission[]> = Object.fromEntries([
      ...Object.entries(hubPermissions(config, names)).map(([role, all]) => [
        `${HUB}/${role === 'worker' ? names.worker : `hallpass-laptop-${role}`}`,
        all,
      ]),
      ...Object.entries(chatPermissions(config, names)).map(([role, all]) => [`${HUB}/hallpass-laptop-${role}`, all]),
      ...[HUB, OTHER_ACCOUNT].flatMap((account) => [
        [`${account}/hallpass-executor`, executorPermissions(config, `arn:aws:iam::${account}:role/hallpass-executor`)],
        [`${account}/hallpass-laptop-reaper`, reaperPermissions(config, account)],
      ]),
    ]);
    return Object.entries(byRole).flatMap(([role, permissions]) => {
      const own = new Set(permissions.map((permission) => permission.sid));
      const statements = policyFor(role).Statement.filter((statement) => own.has(statement.Sid));
      return statements.flatMap((statement) => statement.Action.map((action) => ({ role, statement, action })));
    });
  };

  /** Why no recorded call has used it in either account's scripted life. */
  const UNUSED: Readonly<Record<string, string>> = {
    [`${HUB}/hallpass-laptop-worker Executors sts:AssumeRole`]:
      'STS judges it together with the trust, unseen by the recorder',
    [`${HUB}/hallpass-laptop-breakglass Executors sts:AssumeRole`]: 'likewise',
    ...Object.fromEntries(
      ['api', 'worker', 'breakglass', 'interactions', 'notifier'].map((role) => [
        `${HUB}/hallpass-laptop-${role} DirectoryReader sts:AssumeRole`,
        'likewise; without it nobody in these lives would be anybody',
      ]),
    ),
    [`${OTHER_ACCOUNT}/hallpass-executor Close eks:DisassociateAccessPolicy`]:
      'nobody tampers there; seen in the other account',
    [`${OTHER_ACCOUNT}/hallpass-executor CloseOrphans eks:DisassociateAccessPolicy`]: 'likewise',
    [`${OTHER_ACCOUNT}/hallpass-executor Tag eks:TagResource`]: 'nothing is extended there; seen in the other account',
  };

  test('nothing is allowed that no call ever needed', async () => {
    const all = permitted();
    countCases('permissions', all.length);
    const unused = await Promise.all(
      all.map(async ({ role, statement, action }) => {
        const document = { Version: '2012-10-17', Statement: [statement] };
        for (const call of calls)
          if (
            deployedRole(call.role) === role &&
            call.action === action &&
            (await verdict(document, call)) === 'allowed'
          )
            return [];
        return [`${role} ${statement.Sid} ${action}`];
      }),
    );
    expect(unused.flat().sort()).toEqual(Object.keys(UNUSED).sort());
  });
});

describe('attacks', () => {
  const judge = ([, role, action, resource, keys = {}]: Attempt): Promise<string> =>
    verdict(policyFor(role), { action, resource, keys });

  for (const attempt of RIGHTFUL)
    test(`${attempt[0]}, by ${attempt[1]}, is allowed`, async () => expect(await judge(attempt)).toBe('allowed'));
  for (const attempt of ATTACKS)
    test(`${attempt[0]}, by ${attempt[1]}, is denied`, async () => expect(await judge(attempt)).toBe('denied'));
});

/** The tests above have to fail when a policy is wrong, each in its way. */
describe('negative controls', () => {
  const changed =
    (role: string, edit: (statements: Statement[]) => Statement[]) =>
    (asked: string): Document => {
      const document = policyFor(asked);
      return deployedRole(asked) === role ? { ...document, Statement: edit([...document.Statement]) } : document;
    };
  const judged = (policyOf: (role: string) => Document, all: readonly Attempt[]): Promise<string[]> =>
    Promise.all(
      all.map(async ([, role, action, resource, keys = {}]) => verdict(policyOf(role), { action, resource, keys })),
    );

  test('one permission removed', async () => {
    const policyOf = changed(EXECUTOR, (all) => all.filter((statement) => statement.Sid !== 'Close'));
    expect((await refusedBy(policyOf)).length).toBeGreaterThan(0);
  });
  test('one permission added', async () => {
    const policyOf = changed(EXECUTOR, (all) => [
      ...all,
      { Sid: 'Added', Effect: 'Allow', Action: ['eks:UpdateAccessEntry'], Resource: [entry('*')] },
    ]);
    expect(await judged(policyOf, ATTACKS)).toContain('allowed');
  });
  test('one wildcard widened', async () => {
    const policyOf = changed(WORKER, (all) =>
      all.map((statement) => (statement.Sid === 'RolesOfGrants' ? { ...statement, Resource: ['*'] } : statement)),
    );
    expect(await judged(policyOf, ATTACKS)).toContain('allowed');
  });
  test.each(['Create1', 'Create2', 'Associate1', 'Associate2', 'Close', 'CloseOrphans', 'Tag'])(
    'the conditions of %s dropped, with every entry in reach',
    async (sid) => {
      const policyOf = changed(EXECUTOR, (all) =>
        all.map(({ Condition: _dropped, ...statement }) =>
          statement.Sid === sid
            ? {
                ...statement,
                Resource: statement.Resource.map((arn) => arn.replace(/access-entry\/(\w+)\/.*/, 'access-entry/$1/*')),
              }
            : { ...statement, ...(_dropped && { Condition: _dropped }) },
        ),
      );
      expect(await judged(policyOf, ATTACKS)).toContain('allowed');
    },
  );
});

function fail(message: string): never {
  throw new Error(message);
}
