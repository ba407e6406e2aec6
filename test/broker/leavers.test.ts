/**
 * Somebody leaves (F31). Catches a leaver who keeps access, a directory that is down and ends everybody's, and an ending
 * that asks the configuration.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { runErrands } from '../../src/broker/errands.ts';
import { endLeavers } from '../../src/broker/leavers.ts';
import type { Directory } from '../../src/core/configuration.ts';
import { configFor, peopleOf, person } from '../core/fixtures.ts';
import { newWorld, type World } from './fake-world.ts';

let world: World;
beforeEach(() => {
  world = newWorld();
});

const ACTOR = { kind: 'system', part: 'sweeper' } as const;
const without = (id: string): Directory => {
  const { directory } = world.config;
  const { [id]: _, ...people } = directory.people;
  return { ...directory, people };
};
const disabled = (id: string): Directory => ({
  ...world.config.directory,
  people: { ...world.config.directory.people, ...peopleOf(person(id, { disabled: true })) },
});
const look = (directory: () => Promise<Directory>) =>
  endLeavers(
    {
      ...world.deps,
      directory,
    },
    ACTOR,
    () => false,
  );

describe('disabled in the directory, or missing from it', () => {
  test.each([
    ['disabled', disabled],
    ['missing', without],
  ] as const)('%s: live access ends, what was asked for is denied, and others keep theirs', async (_how, left) => {
    const live = await world.live('dedicated');
    const standing = await world.live('role', {}, 'bob');
    const pending = (await world.request('ada', { entitlement: 'admin' })).grant.id;
    const directory = left('ada');
    expect([...(await look(async () => directory))].sort()).toEqual([live, pending].sort());
    await world.sweepFor(2);
    expect(await world.grant(live)).toMatchObject({ state: 'ended', reason: 'personLeft' });
    expect(await world.grant(pending)).toMatchObject({ state: 'denied', reason: expect.stringMatching(/^personLeft/) });
    expect(await world.grant(standing)).toMatchObject({ state: 'active' });
    expect(world.chainFaults(live)).toEqual([]);
    expect(await look(async () => directory)).toEqual([]);
  });

  test('the ending asks no configuration', async () => {
    const live = await world.live('dedicated');
    const directory = without('ada');
    const blind = {
      ...world.deps,
      config: (): never => {
        throw new Error('there is none');
      },
      directory: async () => directory,
    };
    expect(await endLeavers(blind, ACTOR, () => false)).toEqual([live]);
  });
});

describe('only reported, nobody ended', () => {
  test.each<[string, () => Promise<Directory>]>([
    ['the directory is unreachable', () => Promise.reject(new Error('timed out'))],
    ['the directory has nobody in it', async () => ({ people: {}, groups: {} })],
  ])('%s', async (_what, directory) => {
    const live = await world.live('dedicated');
    expect(await look(directory)).toEqual([]);
    expect(await world.grant(live)).toMatchObject({ state: 'active' });
    expect(world.lines.join()).toMatch(/nobody is taken for a leaver/);
  });
});

test('a role that is no person is no leaver', async () => {
  const live = await world.live('dedicated');
  const stored = world.tables.grants.get(live);
  if (!stored) throw new Error('gone');
  const requester = { ...stored.grant.requester, id: 'role:ci', identifiers: ['iam:arn:ci'] };
  world.tables.grants.set(live, { ...stored, grant: { ...stored.grant, requester } });
  const roles = { ci: { id: 'ci', role: 'arn:ci', owners: [], description: 'pipeline' } };
  const directory = { ...world.config.directory, roles } as unknown as Directory;
  expect(await look(async () => directory)).toEqual([]);
});

test('the sweeper looks every five minutes, and one errand that fails keeps no other from being run', async () => {
  const live = await world.live('dedicated');
  const ran = {};
  const known = { read: () => Promise.reject(new Error('no table')), write: async () => {} };
  const none = {
    trail: { creations: async () => [] },
    searched: { read: async () => ({}), write: async () => {} },
    emergencyRole: () => '',
    deployed: () => world.config,
    release: async () => '1.0.0',
    configurations: { read: async () => undefined, keep: async () => {} },
  };
  const errands = () => runErrands({ ...world.deps, known, ...none }, ran, () => false);
  await errands();
  world.config = configFor(without('ada'), world.config);
  world.advance(4);
  await errands();
  expect(await world.grant(live)).toMatchObject({ state: 'active' });
  world.advance(1);
  await errands();
  expect(await world.grant(live)).toMatchObject({ state: 'revoking' });
});
