/** F17, F26: what the configuration says of issuers and their accounts. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { formatProblems } from '../../src/config/problem.ts';
import { changed, read, VALID } from './file.ts';

const ISSUER = '  oidc: { issuer: "https://login.example.com", audience: [hallpass] }\n';
const withIssuer = changed('identities:\n', `identities:\n${ISSUER}`);
const alice = (more: string, base = withIssuer): string =>
  changed('email: alice@example.com }', `email: alice@example.com, ${more} }`, base);
const problemsOf = (text: string): string => {
  const found = read(text);
  return found.ok ? '' : formatProblems(found.error, text);
};

test('an account is of the configured issuer', () => {
  const found = read(alice('oidc: [{ subject: a1 }]'));
  expect(found).toMatchObject({
    ok: true,
    value: {
      oidc: { issuer: 'https://login.example.com', audience: ['hallpass'] },
      directory: { people: { alice: { oidc: [{ issuer: 'https://login.example.com', subject: 'a1' }] } } },
    },
  });
  if (found.ok) expect(found.value.directory.people['bob']).not.toHaveProperty('oidc');
});

test.each([
  ['no issuer', alice('oidc: [{ subject: a1 }]', VALID), 'identities.oidc names none'],
  [
    'one account, two people',
    changed(
      'email: bob@example.com }',
      'email: bob@example.com, oidc: [{ subject: a1 }] }',
      alice('oidc: [{ subject: a1 }]'),
    ),
    'is "alice" already',
  ],
  ['an e-mail address for a subject', alice('oidc: [{ subject: Alice@example.com }]'), 'may be given to somebody else'],
  ['an empty subject', alice('oidc: [{ subject: "" }]'), '1 to 255 ASCII'],
  ['a look-alike subject', alice('oidc: [{ subject: "а1" }]'), '1 to 255 ASCII'],
  ['a subject of 256', alice(`oidc: [{ subject: ${'a'.repeat(256)} }]`), '1 to 255 ASCII'],
  ['plain http', changed('https://login', 'http://login', withIssuer), "is not an issuer's address"],
  ['a fragment', changed('login.example.com"', 'login.example.com#x"', withIssuer), 'no issuer'],
  ['no audience', changed('audience: [hallpass]', 'audience: []', withIssuer), 'the least is 1'],
  ['an audience twice', changed('audience: [hallpass]', 'audience: [hallpass, hallpass]', withIssuer), 'twice'],
  [
    'a workspace that is a channel',
    changed('identities:\n', 'identities:\n  slack: { team: C0123ABCD }\n'),
    "a workspace's id is a T",
  ],
])('%s is refused', (_what, text, says) => expect(problemsOf(text)).toContain(says));

test('F26: there is no mfa to ask for', () => {
  expect(readFileSync(new URL('../../docs/hallpass.schema.json', import.meta.url), 'utf8')).not.toMatch(/mfa/i);
  expect(problemsOf(changed('eligible: [alice]', 'eligible: [alice]\n    mfa: true'))).toContain('mfa');
});
