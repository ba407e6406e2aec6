/** Catches a role that is not a person where only people may stand, one without owners, and one that people come through. */
import { expect, it } from 'vitest';
import { changed, ROLE, shown, VALID, valid } from './file.ts';

const ROLES = `    platform: [bob, carol]
  roles:
    deployer:
      role: arn:aws:iam::111122223333:role/deployer
      owners: [bob]
      description: Deploys
`;
const WITH = changed(
  '    platform: [bob, carol]\n',
  ROLES,
  changed('eligible: [alice]', 'eligible: [alice, role:deployer]'),
);
const FIRST = '"role:deployer" is not a person: a role may be eligible, and nothing else; name people here';

it('a role is eligible by role:ID', () => {
  const { directory, entitlements } = valid(WITH);
  expect(directory.roles).toEqual({
    deployer: {
      id: 'deployer',
      role: 'arn:aws:iam::111122223333:role/deployer',
      owners: [{ kind: 'person', id: 'bob' }],
      description: 'Deploys',
    },
  });
  expect(entitlements['admin']?.eligible).toEqual([
    { kind: 'person', id: 'alice' },
    { kind: 'role', id: 'deployer' },
  ]);
  expect(valid(VALID).directory).not.toHaveProperty('roles');
});

it.each([
  ['as a responder', 'responders: []', 'responders: [role:deployer]', `24:14 responders[0]: ${FIRST}`],
  [
    'in a group',
    'platform: [bob, carol]',
    'platform: [bob, carol, role:deployer]',
    '18:28 identities.groups.platform[2]: there is no person "role:deployer" (there are: alice, bob, carol)',
  ],
  [
    'as an owner',
    'owners: [bob]',
    'owners: [bob, role:deployer]',
    `22:21 identities.roles.deployer.owners[1]: ${FIRST}`,
  ],
  [
    'that is not there',
    'eligible: [alice, role:deployer]',
    'eligible: [alice, role:deploy]',
    '34:23 entitlements.admin.eligible[1]: there is no role "deploy"; did you mean "deployer"?',
  ],
  [
    'without its prefix',
    'eligible: [alice, role:deployer]',
    'eligible: [alice, deployer]',
    '34:23 entitlements.admin.eligible[1]: there is no person "deployer"; did you mean "role:deployer"?',
  ],
  [
    'without owners',
    'owners: [bob]',
    'owners: []',
    '22:15 identities.roles.deployer.owners: this list has 0 entries; the least is 1',
  ],
  [
    'of another account',
    '111122223333:role/deployer',
    '444455556666:role/deployer',
    "21:13 identities.roles.deployer.role: this role is in account 444455556666; it has to be one of the hub's account, 111122223333, which pipelines elsewhere may assume",
  ],
  [
    'of a grant',
    '111122223333:role/deployer',
    '111122223333:role/hallpass/laptop/x',
    '21:13 identities.roles.deployer.role: "arn:aws:iam::111122223333:role/hallpass/laptop/x" lies under /hallpass/, where Hallpass makes and deletes roles; use a role elsewhere',
  ],
  [
    'that people come through',
    'arn:aws:iam::111122223333:role/deployer',
    ROLE,
    '21:13 identities.roles.deployer.role: people come through this role; a role that is not a person has a role of its own',
  ],
  [
    'twice',
    '      description: Deploys\n',
    '      description: Deploys\n    other: { role: arn:aws:iam::111122223333:role/DEPLOYER, owners: [bob], description: x }\n',
    '24:20 identities.roles.other.role: this is the role of "deployer" too; one role has one name',
  ],
  [
    'with the id of a person',
    '    deployer:',
    '    bob:',
    '21:7 identities.roles.bob: "bob" is a person already; give the role another id',
    '34:23 entitlements.admin.eligible[1]: there is no role "deployer" (there are: bob)',
  ],
])('%s is refused', (_what, from, to, ...expected) => {
  expect(shown(changed(from, to, WITH))).toEqual(expected);
});

it('that only people of Identity Center come through, none of whom the file lists, is refused', () => {
  const other = ROLE.replace('Hallpass', 'Other');
  const text = WITH.replace(
    '  people:\n',
    '  directory: { identityCenter: { identityStoreId: d-1234567890, region: eu-west-1, groups: { oncall: On call } } }\n  people:\n',
  )
    .replace(/email: (\w+@example.com) \}/g, `email: $1, iam: [{ role: "${other}", session: $1 }] }`)
    .replace('role: arn:aws:iam::111122223333:role/deployer', `role: ${ROLE}`);
  expect(shown(text)).toEqual([
    '22:13 identities.roles.deployer.role: people come through this role; a role that is not a person has a role of its own',
  ]);
});

it('whose owners are the only approvers could never be approved', () => {
  const only = changed(
    'eligible: [alice, role:deployer]',
    'eligible: [role:deployer]',
    changed('owners: [bob]', 'owners: [group:platform]', WITH),
  );
  expect(shown(only)).toEqual([
    '36:24 entitlements.admin.approval.steps: nobody could approve this: requesters never count, and without them there are too few for anyone eligible; name more approvers',
  ]);
});

it('whose owners have all left is refused', () => {
  expect(shown(changed('name: Bob', 'name: Bob, disabled: true', WITH))).toEqual([
    '22:15 identities.roles.deployer.owners: nobody who is here owns this role, disabled people left out; name somebody who answers for it',
  ]);
});
