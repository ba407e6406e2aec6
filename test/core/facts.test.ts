/** Catches a role that is made for one grant and that its requester, as they came, cannot become. */
import { expect, test } from 'vitest';
import { factsOf } from '../../src/core/facts.ts';
import type { GrantId } from '../../src/core/id.ts';
import { evaluateRequest } from '../../src/core/request.ts';
import { at, CONFIG, ID, peopleOf, person, SSO_ROLE, SSO_ROLE_ID } from './fixtures.ts';

const OTHER = SSO_ROLE.replace('Hallpass', 'Night');
const ROLE_IDS = new Map([
  [SSO_ROLE, SSO_ROLE_ID],
  [OTHER, 'AROAOTHER0000000001'],
]);
const ada = person('ada', {
  iam: [
    { role: SSO_ROLE, session: 'ada@example.com' },
    { role: OTHER, session: 'ada@example.com' },
  ],
});
const config = {
  ...CONFIG,
  directory: { ...CONFIG.directory, people: { ...CONFIG.directory.people, ...peopleOf(ada) } },
};
const plan = evaluateRequest({ entitlement: 'prod-view', justification: 'INC-4211' }, ada, config, at(0));
if (!plan.ok) throw new Error(plan.error.reason);

const trusted = (proof?: string, roleIds = ROLE_IDS) => {
  const asking = { id: ID as GrantId, tableId: 't', person: ada, channel: 'cli' as const, roleIds, now: at(0) };
  const facts = factsOf({ ...asking, ...(proof !== undefined && { proof }) }, plan.value, config);
  return facts.ok && facts.value.principal.mode === 'dedicated' ? facts.value.principal.trusts : facts;
};

test('the role trusts the session that asked, of all that the person has', () => {
  expect(trusted(`iam:${SSO_ROLE_ID}:ada@example.com`)).toEqual({
    role: SSO_ROLE,
    userId: `${SSO_ROLE_ID}:ada@example.com`,
  });
  expect(trusted('iam:AROAOTHER0000000001:ada@example.com')).toEqual({
    role: OTHER,
    userId: 'AROAOTHER0000000001:ada@example.com',
  });
});

test('whoever asks in Slack, or with a token, uses it with the first of their sessions whose role is known', () => {
  for (const proof of [undefined, 'slack:T1:U1', 'oidc:https://login.example.com#ada'])
    expect(trusted(proof)).toMatchObject({ role: SSO_ROLE });
  expect(trusted('slack:T1:U1', new Map([[OTHER, 'AROAOTHER0000000001']]))).toMatchObject({ role: OTHER });
});
