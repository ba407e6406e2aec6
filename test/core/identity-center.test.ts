/**
 * People of the file and of Identity Center as one directory. Would catch somebody who left and is still somebody, a user
 * name that became another person's, and one user who is two people.
 */
import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../src/core/configuration.ts';
import { personOf } from '../../src/core/identity.ts';
import { type StoreUser, withSnapshot } from '../../src/core/identity-center.ts';
import { configFor, peopleOf, person, SSO_ROLE, SSO_ROLE_ID } from './fixtures.ts';

const ADA = '906700a1b2-11111111-1111-4111-8111-111111111111';
const GUS = '906700a1b2-22222222-2222-4222-8222-222222222222';
const HAL = '906700a1b2-33333333-3333-4333-8333-333333333333';

const user = (userId: string, userName: string, more: Partial<StoreUser> = {}): StoreUser => ({
  userId,
  userName,
  name: userName,
  email: `${userName}@example.com`,
  disabled: false,
  ...more,
});
const config: Configuration = {
  ...configFor({
    people: peopleOf(person('ada', { userId: ADA }), person('bob')),
    groups: { leads: ['bob'] },
  }),
  identityCenter: {
    identityStoreId: 'd-1234567890',
    region: 'eu-west-1',
    role: SSO_ROLE,
    groups: { platform: 'Platform' },
  },
};
const joined = (users: readonly StoreUser[], platform: readonly string[]): Configuration =>
  withSnapshot(config, { users, groups: { platform } });
const who = ({ directory }: Configuration, session: string): string | undefined =>
  personOf({ kind: 'iam', userId: `${SSO_ROLE_ID}:${session}` }, directory, new Map([[SSO_ROLE, SSO_ROLE_ID]]))?.id;

const ALL = [user(ADA, 'ada.archer'), user(GUS, 'gus'), user(HAL, 'hal')];

describe('one directory of two', () => {
  test('members of a mapped group are people by the id that the store gave; others of the store are nobody', () => {
    const now = joined(ALL, [GUS]);
    expect(now.directory.people[GUS]).toEqual({
      ...{ id: GUS, userId: GUS, name: 'gus', email: 'gus@example.com', disabled: false },
      iam: [{ role: SSO_ROLE, session: 'gus' }],
    });
    expect(who(now, 'gus')).toBe(GUS);
    expect(who(now, 'hal')).toBeUndefined();
    expect(now.directory.groups).toEqual({ leads: ['bob'], platform: [GUS] });
  });

  test('a person of the file who is a user there keeps the file’s id, and has the store’s user name', () => {
    const now = joined(ALL, [ADA, GUS]);
    expect(Object.keys(now.directory.people).sort()).toEqual([GUS, 'ada', 'bob'].sort());
    expect(now.directory.groups['platform']).toEqual(['ada', GUS]);
    expect(who(now, 'ada.archer')).toBe('ada');
    expect(who(now, 'ada')).toBeUndefined();
    expect(who(now, 'bob')).toBe('bob');
  });

  test('F31: gone from the store, or disabled there, is gone', () => {
    expect(who(joined([user(GUS, 'gus')], [ADA]), 'ada')).toBeUndefined();
    expect(joined([], []).directory.people['ada']?.disabled).toBe(true);
    expect(who(joined([user(ADA, 'ada.archer', { disabled: true })], [ADA]), 'ada.archer')).toBeUndefined();
    expect(who(joined([user(GUS, 'gus', { disabled: true })], [GUS]), 'gus')).toBeUndefined();
    expect(who(joined([user(GUS, 'gus')], []), 'gus')).toBeUndefined();
  });

  test('F17: a user name that was given to somebody else is that somebody', () => {
    const before = joined([user(GUS, 'gus')], [GUS]);
    const after = joined([user(GUS, 'gus.old', { disabled: true }), user(HAL, 'gus')], [GUS, HAL]);
    expect(who(before, 'gus')).toBe(GUS);
    expect(who(after, 'gus')).toBe(HAL);
    expect(who(after, 'gus.old')).toBeUndefined();
  });

  test('a user with the session of a person of the file is two mappings: nobody', () => {
    expect(who(joined([user(GUS, 'bob')], [GUS]), 'bob')).toBeUndefined();
  });

  test('a user whose id the file gives to somebody else is not that person', () => {
    const odd = withSnapshot(
      { ...config, directory: { ...config.directory, people: { [GUS]: person(GUS) } } },
      { users: [user(GUS, 'gus')], groups: { platform: [GUS] } },
    );
    expect(odd.directory.people[GUS]).toEqual(person(GUS));
  });

  test('rules are the file’s: nothing but people and groups is joined, and the digest stays', () => {
    const { directory: _joined, ...rest } = joined(ALL, [GUS]);
    const { directory: _file, ...file } = config;
    expect(rest).toEqual(file);
    const { identityCenter: _none, ...without } = config;
    expect(withSnapshot(without, { users: ALL, groups: { platform: [GUS] } })).toEqual(without);
  });
});
