/**
 * F39: whoever decides outside the API waits for the directory. Would catch a click, a reminder or an activation that goes
 * by people who could not be read, and an end that waits for them.
 */
import { beforeEach, expect, test } from 'vitest';
import { endGrant } from '../../src/broker/endGrant.ts';
import { slackCaller } from '../../src/broker/linkedAccounts.ts';
import { escalateStep, remindApprovers } from '../../src/broker/nudge.ts';
import { DirectoryUnreachable } from '../../src/broker/ports.ts';
import { identify, type MemberCache } from '../../src/slack/identify.ts';
import type { ChatDeps } from '../../src/slack/ports.ts';
import { newWorld, WORKFLOW, type World } from './fake-world.ts';

let world: World;
beforeEach(() => {
  world = newWorld();
  world.config = { ...world.config, slack: { teamId: 'T1' } };
});
const without = () => ({ ...world.deps, ready: () => Promise.reject(new DirectoryUnreachable('gone')) });

test.each<[string, () => Promise<unknown>]>([
  ['a click', () => slackCaller(without(), { teamId: 'T1', userId: 'U1' })],
  [
    'a click, as Slack has it',
    () => identify(without() as unknown as ChatDeps, { team: 'T1', user: 'U1' } as never, new Map() as MemberCache),
  ],
  ['a reminder', async () => remindApprovers(without(), await world.request('ada'), WORKFLOW)],
  ['an escalation', async () => escalateStep(without(), await world.request('ada'), WORKFLOW)],
])('%s waits for it', async (_what, decide) => {
  await expect(decide()).rejects.toBeInstanceOf(DirectoryUnreachable);
});

test('an end does not', async () => {
  const id = await world.live('dedicated');
  const by = { person: world.person('fay'), channel: 'cli', proof: 'test:fay' } as const;
  expect(await endGrant(without(), { ...by, id })).toMatchObject({ ok: true });
});
