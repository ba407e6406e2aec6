/** What Slack's functions need, by what people do there: link, ask with and without a ticket, decide, look, end. */
import { seconds } from '../../src/core/time.ts';
import { TEAM } from '../slack/fake-slack.ts';
import { buttonsOf, type SlackWorld, textOf, USERS } from '../slack/harness.ts';

const chosen = (value: string) => ({ type: 'static_select', selected_option: { value } });

async function asked(world: SlackWorld, entitlement: string, more: Record<string, unknown> = {}): Promise<void> {
  await world.command('alice', entitlement);
  const view = world.fake.of('views.open').at(-1)?.args['view'] as { private_metadata: string };
  const answered = await world.submit('alice', 'hallpass_request', {
    id: `V-${entitlement}`,
    metadata: view.private_metadata,
    answers: {
      entitlement: chosen(entitlement),
      [`duration/${entitlement}`]: chosen('30m'),
      justification: 'INC-4211: asked in Slack',
      ...more,
    },
  });
  if (answered['response_action'] !== 'update') throw new Error(JSON.stringify(answered));
  const said = textOf(world.fake.of('views.update').at(-1));
  if (!said.includes('hallpass grant')) throw new Error(said);
}

/** The value of the last such button that somebody was shown. */
function button(world: SlackWorld, action: string): string {
  const shown = world.fake.calls.map((call) => buttonsOf(call)[action]).filter((value) => value !== undefined);
  return shown.at(-1) ?? fail(`nobody was shown ${action}`);
}

export async function inSlack(world: SlackWorld): Promise<void> {
  await world.link('alice', 'bob');
  // Slack is away once: the notifier comes again by itself.
  world.fake.next('chat.postMessage', { status: 500 });
  await asked(world, 'mycluster-admin');
  for (let n = 0; n < 4; n++) {
    await world.pass(seconds(10));
    await world.quiet();
  }
  const approve = button(world, 'hallpass_approve');
  // The second click is on a message that is old by then: it is renewed.
  for (const _ of [1, 2]) await world.click('bob', 'hallpass_approve', approve, `D${USERS.bob.slice(1)}`);
  await world.pass(seconds(60));
  await world.sweep();
  await world.quiet();
  await world.click('alice', 'hallpass_end', button(world, 'hallpass_end'), `D${USERS.alice.slice(1)}`);
  await asked(world, 'debuggers', { ticket: 'INC-4211' });
  await asked(world, 'team', {
    'cluster/team': chosen('mycluster'),
    'namespaces/team': 'team-b',
    ticket: 'CHG-2',
  });
  const { body } = await world.call('alice', 'GET', '/v1/grants');
  for (const { id } of body['grants'] as { id: string }[])
    await world.call('alice', 'POST', `/v1/grants/${id}/end`, {});
  // Gone before anything else asks for the same.
  for (let n = 0; n < 3; n++) {
    await world.pass(seconds(60));
    await world.sweep();
  }
  await world.quiet();
  const event = { type: 'app_home_opened', user: USERS.bob, tab: 'home' };
  const opened = { type: 'event_callback', team_id: TEAM, event_id: 'Ev1', event };
  await world.deliver(JSON.stringify(opened), { contentType: 'application/json' });
  await world.quiet();
  if (world.fake.of('views.publish').length === 0) throw new Error('no Home was shown');
}

function fail(message: string): never {
  throw new Error(message);
}
