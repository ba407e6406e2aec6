/**
 * Slack slow, away, or failing while a grant is asked for and approved: nothing waits for it, nothing is lost, nothing is
 * said twice. One world: each case ends its grant, and Slack has forgotten before the next.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { messagesOf } from '../../local/aws/sqs.ts';
import { UNDELIVERED } from '../../local/world/chat.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import { ADMIN, ask, show } from '../life/harness.ts';
import type { Scripted } from './fake-slack.ts';
import { CHANNEL, type SlackWorld, slackWorld, textOf, USERS } from './harness.ts';

let world: SlackWorld;
beforeAll(async () => {
  world = await slackWorld();
  await world.link('alice', 'bob');
});
afterAll(() => world?.close());
beforeEach(() => {
  world.fake.calls.length = 0;
});

const inChannel = () => world.fake.of('chat.postMessage').filter(({ args }) => args['channel'] === CHANNEL);
const to = (user: string) => world.fake.of('chat.postMessage').filter(({ args }) => args['channel'] === user);
const approve = (id: string) => world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
const parked = () => messagesOf(world.storage, UNDELIVERED).list();

describe('told later', () => {
  /** Approved while Slack does this; then Slack is itself again, and time goes by. */
  async function through(method: string, ...answers: Scripted[]): Promise<string> {
    world.fake.next(method, ...answers);
    const id = await ask(world, 'alice', ADMIN);
    await world.quiet();
    expect((await approve(id)).status).toBe(200);
    await world.pass(seconds(2));
    // Whatever Slack does, the access is there.
    expect((await show(world, id)).state).toBe('active');
    for (let n = 0; n < 8; n++) {
      await world.pass(minutes(2));
      await world.quiet();
    }
    return id;
  }

  test.each<[string, Scripted]>([
    ['429', { status: 429, headers: { 'retry-after': '30' } }],
    ['429 in the body', { ok: false, error: 'ratelimited' }],
    ['500', { status: 500 }],
    ['503 with HTML', { status: 503, body: '<html>' }],
    ['200 and no JSON', { status: 200, body: '<html>' }],
    ['a cut connection', 'cut'],
    ['an internal error', { ok: false, error: 'internal_error' }],
  ])('%s: told later, once', async (what, answer) => {
    const id = await through('chat.postMessage', answer);
    const said = world.fake
      .of('chat.postMessage')
      .slice(1)
      .map((call) => `${call.args['channel']} ${textOf(call)}`);
    expect(new Set(said).size).toBe(said.length);
    expect(inChannel().some((call) => textOf(call).includes('Access'))).toBe(true);
    // Left alone for as long as Slack asked, nobody is asked what was decided meanwhile.
    if (what !== '429') expect(to(USERS.bob).length).toBeGreaterThan(0);
    expect(to(USERS.alice).some((call) => textOf(call).includes('hallpass kubeconfig'))).toBe(true);
    expect(parked()).toEqual([]);
    await world.call('bob', 'POST', `/v1/grants/${id}/end`, {});
    await world.quiet();
  });
});
