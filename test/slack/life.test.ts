/** A grant's whole life in Slack: asked for, approved, extended, ended, each by a click and nothing else. */
import { afterEach, expect, test } from 'vitest';
import { minutes } from '../../src/core/time.ts';
import { show } from '../life/harness.ts';
import { buttonsOf, CHANNEL, type SlackWorld, slackWorld, textOf, USERS } from './harness.ts';

let world: SlackWorld;
afterEach(() => world?.close());

/** The grant that the last request made. */
async function grantOf(profile: string): Promise<string> {
  const { body } = await world.call(profile, 'GET', '/v1/grants');
  return (body as unknown as { grants: { id: string }[] }).grants[0]?.id ?? '';
}

const OUTLIVES =
  'A token made before the end may live up to 15 minutes. Open exec, port-forward and watch streams are not cut. What was made in the cluster stays.';

test('asked for, approved, extended and ended; F11: form, approval and end say what outlives the access', async () => {
  world = await slackWorld();
  await world.link('alice', 'bob');
  const { fake } = world;
  await world.command('alice', 'mycluster-admin');
  const [opened] = fake.of('views.open');
  const view = opened?.args['view'] as { private_metadata: string; callback_id: string };
  expect(view.callback_id).toBe('hallpass_request');
  expect(JSON.stringify(view), 'F11: the form').toContain(OUTLIVES);
  const answers = {
    entitlement: { type: 'static_select', selected_option: { value: 'mycluster-admin' } },
    'duration/mycluster-admin': { type: 'static_select', selected_option: { value: '30m' } },
    justification: 'INC-4211: the ingress is down',
  };
  const answered = await world.submit('alice', 'hallpass_request', {
    id: 'V1',
    metadata: view.private_metadata,
    answers,
  });
  expect(answered).toMatchObject({ response_action: 'update' });
  const id = await grantOf('alice');

  const posted = fake.of('chat.postMessage');
  const inChannel = posted.find(({ args }) => args['channel'] === CHANNEL);
  expect(textOf(inChannel)).toContain('Alice Archer');
  expect(textOf(inChannel)).not.toContain('the ingress is down');
  const toBob = posted.find(({ args }) => args['channel'] === USERS.bob);
  expect(textOf(toBob)).toContain('INC-4211: the ingress is down');
  // Carol is an approver too, and has linked no account.
  expect(posted.filter(({ args }) => args['channel'] === USERS.carol)).toEqual([]);

  await world.click('bob', 'hallpass_approve', buttonsOf(toBob)['hallpass_approve'] ?? '', `D${USERS.bob.slice(1)}`);
  expect(await show(world, id)).toMatchObject({ state: 'active', approvals: [{ by: 'Bob Baker', channel: 'slack' }] });
  const usage = fake.of('chat.postMessage').find((call) => textOf(call).includes('hallpass kubeconfig'));
  expect(usage?.args['channel']).toBe(USERS.alice);
  expect(textOf(usage), 'F11: approved').toContain(OUTLIVES);
  expect(textOf(fake.of('chat.update').at(-1))).toContain('Access live');

  await world.pass(minutes(21));
  await world.sweep();
  await world.quiet();
  const warned = fake
    .of('chat.postMessage')
    .find((call) => 'hallpass_extend' in buttonsOf(call) && textOf(call).includes(' ends '));
  expect(warned?.args['channel']).toBe(USERS.alice);
  await world.click('alice', 'hallpass_extend', buttonsOf(warned)['hallpass_extend'] ?? '', `D${USERS.alice.slice(1)}`);
  const more = fake.of('views.open').at(-1)?.args['view'] as { private_metadata: string };
  await world.submit('alice', 'hallpass_extension', {
    id: 'V2',
    metadata: more.private_metadata,
    answers: {
      duration: { type: 'static_select', selected_option: { value: '1h' } },
      justification: 'not mended yet',
    },
  });
  const asks = fake.of('chat.postMessage').findLast(({ args }) => args['channel'] === USERS.bob);
  expect(textOf(asks)).toContain('not mended yet');
  await world.click('bob', 'hallpass_approve', buttonsOf(asks)['hallpass_approve'] ?? '');
  expect((await show(world, id)).expiresAt).toBe(
    '2026-11-24T10:30:'.concat((await show(world, id)).expiresAt?.slice(17) ?? ''),
  );

  const own = fake.calls.findLast(
    (call) => 'hallpass_end' in buttonsOf(call) && call.args['channel'] === `D${USERS.alice.slice(1)}`,
  );
  await world.click('alice', 'hallpass_end', buttonsOf(own)['hallpass_end'] ?? '');
  expect(await show(world, id)).toMatchObject({ state: 'ended', reason: 'endedEarly', by: 'Alice Archer' });
  const last = fake.of('chat.postMessage').at(-1);
  expect(last?.args['channel']).toBe(USERS.alice);
  expect(textOf(last)).toContain('Alice Archer ended it');
  expect(textOf(last), 'F11: ended').toContain(OUTLIVES);
  // Once each, by everybody's message: nothing is said twice.
  const said = fake.of('chat.postMessage').map((call) => `${call.args['channel']} ${call.args['text']}`);
  expect(new Set(said).size).toBe(said.length);
  expect(world.logs.filter((line) => /"level":"(error|alarm|warn)"/.test(line))).toEqual([]);
});
