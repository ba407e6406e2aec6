/** F39: what the configuration says of Identity Center. */
import { expect, test } from 'vitest';
import { formatProblems } from '../../src/config/problem.ts';
import { changed, ROLE, read, VALID } from './file.ts';

const USER = '906700a1b2-11111111-1111-4111-8111-111111111111';
const CENTER = `  directory:
    identityCenter: { identityStoreId: d-1234567890, region: eu-central-1, groups: { oncall: On-call engineers } }\n`;
const withCenter = changed('identities:\n', `identities:\n${CENTER}`);
const alice = (more: string, base = withCenter): string =>
  changed('email: alice@example.com }', `email: alice@example.com, ${more} }`, base);
const problemsOf = (text: string): string => {
  const found = read(text);
  return found.ok ? '' : formatProblems(found.error, text);
};

test('its groups are groups of the rules, its users people of the file', () => {
  const text = changed('eligible: [alice]', 'eligible: [group:oncall]', alice(`userId: ${USER}`));
  expect(read(text)).toMatchObject({
    ok: true,
    value: {
      identityCenter: {
        identityStoreId: 'd-1234567890',
        region: 'eu-central-1',
        role: ROLE,
        groups: { oncall: 'On-call engineers' },
      },
      directory: { people: { alice: { userId: USER } } },
    },
  });
});

test('the role that reads it is not the role that people come through', () => {
  const reader = 'arn:aws:iam::999999999999:role/hallpass-directory-reader';
  expect(read(changed('region: eu-central-1,', `region: eu-central-1, role: ${reader},`, withCenter))).toMatchObject({
    value: { identityCenter: { readerRole: reader, role: ROLE } },
  });
});

test.each([
  ['an unknown group', changed('eligible: [alice]', 'eligible: [group:oncal]', withCenter), 'did you mean "oncall"'],
  [
    'a group in two places',
    changed('    platform: [bob, carol]', '    platform: [bob, carol]\n    oncall: [bob]', withCenter),
    'a group is in one place',
  ],
  ['a store that is none', changed('d-1234567890', 'd-12', withCenter), 'like d-1234567890'],
  ['a region that is none', changed('region: eu-central-1', 'region: Frankfurt', withCenter), 'is not a region'],
  ['a user by name', alice('userId: alice@example.com'), 'a name or an address is not it'],
  ['a user without a store', alice(`userId: ${USER}`, VALID), 'identities.directory names none'],
  [
    'one user, two people',
    changed('email: bob@example.com }', `email: bob@example.com, userId: ${USER} }`, alice(`userId: ${USER}`)),
    'is "alice" already',
  ],
  ['no permission set', changed(`  permissionSetRole: ${ROLE}\n`, '', withCenter), 'permissionSetRole is needed'],
  [
    'a reader that is no role',
    changed('region: eu-central-1,', 'region: eu-central-1, role: reader,', withCenter),
    'not an IAM role',
  ],
])('%s is refused', (_what, text, says) => expect(problemsOf(text)).toContain(says));
