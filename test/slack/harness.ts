/** A whole world with Slack beside it, and people who click: what they send is signed as Slack signs. */
import { createHmac } from 'node:crypto';
import { expect } from 'vitest';
import { seconds } from '../../src/core/time.ts';
import { exampleConfig, replacing, type TestOptions, type TestWorld, testWorld } from '../life/harness.ts';
import { channel, type FakeSlack, member, type SlackCall, startFakeSlack, TEAM } from './fake-slack.ts';

export const CHANNEL = 'C0GRANTS01';
export const SECRET = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:hallpass/slack-AbCdEf';
export const USERS = { alice: 'U0ALICE', bob: 'U0BOB', carol: 'U0CAROL' } as const;
export type Name = keyof typeof USERS;

/** The example, told of in Slack: `mycluster-admin` in a channel. */
export const withSlack = replacing(
  ['  # By an id that never changes', `  slack: { team: ${TEAM} }\n\n  # By an id that never changes`],
  ['\nentitlements:', `\nnotifications:\n  slack: { secret: "${SECRET}" }\n\nentitlements:`],
  [
    '    # `hallpass extend`: approved like',
    `    notify: { slack: { channel: ${CHANNEL} } }\n    # \`hallpass extend\`: approved like`,
  ],
);
export const slackConfig = (edit: (text: string) => string = (text) => text) =>
  exampleConfig((text) => edit(withSlack(text)));

export type SlackWorld = TestWorld & {
  readonly fake: FakeSlack;
  /** Posts what Slack would, signed; answers Slack's view of the answer. */
  deliver(body: string, options?: Delivery): Promise<{ readonly status: number; readonly text: string }>;
  command(name: Name, text?: string): Promise<void>;
  click(name: Name, action: string, value: string, where?: string): Promise<void>;
  submit(name: Name, form: string, view: Sent): Promise<Record<string, unknown>>;
  /** Links the person's account, as they would with the code. */
  link(...names: readonly Name[]): Promise<void>;
  /** Everything that waits has been done and told. */
  quiet(): Promise<void>;
};

export type Sent = { readonly id: string; readonly metadata: string; readonly answers: Record<string, unknown> };
export type Delivery = {
  readonly contentType?: string;
  readonly secret?: string;
  readonly timestamp?: number;
  readonly signature?: string;
  readonly headers?: Record<string, string>;
};

let triggers = 0;
export const trigger = (): string => `trigger.${++triggers}`;

export async function slackWorld(options: TestOptions = {}): Promise<SlackWorld> {
  const fake = await startFakeSlack();
  const world = await testWorld({ config: slackConfig(), slackApiUrl: fake.url, ...options });
  for (const id of Object.values(USERS)) fake.users[id] = member(id);
  fake.channels[CHANNEL] = channel(CHANNEL);
  const end = world.slack;
  if (!end) throw new Error('the world has no Slack');

  const quiet = async (): Promise<void> => {
    for (let n = 0; n < 3; n++) {
      await world.pass(seconds(1));
      await world.drain();
      await world.clock.settle();
    }
  };
  const deliver: SlackWorld['deliver'] = async (body, given = {}) => {
    const at = String(given.timestamp ?? Math.floor(world.clock.now() / 1_000));
    const signature = given.signature ?? signatureOf(given.secret ?? end.signingSecret, at, body);
    const response = await fetch(end.requestUrl, {
      method: 'POST',
      headers: {
        'content-type': given.contentType ?? 'application/x-www-form-urlencoded',
        'x-slack-request-timestamp': at,
        'x-slack-signature': signature,
        ...given.headers,
      },
      body,
    });
    return { status: response.status, text: await response.text() };
  };
  const done = async (body: string): Promise<string> => {
    const answer = await deliver(body);
    expect(answer.status).toBe(200);
    await quiet();
    return answer.text;
  };
  return {
    ...world,
    fake,
    deliver,
    quiet,
    command: async (name, text = '') => void (await done(commandBody(USERS[name], text))),
    click: async (name, action, value, where) => void (await done(clickBody(USERS[name], action, value, where))),
    submit: async (name, form, view) => {
      const text = await done(submitBody(USERS[name], form, view));
      return text === '' ? {} : JSON.parse(text);
    },
    async link(...names) {
      for (const name of names) {
        fake.calls.length = 0;
        await done(commandBody(USERS[name], ''));
        const said = JSON.stringify(fake.calls);
        const code = /hallpass link ([0-9A-Z-]{14})/.exec(said)?.[1];
        if (!code) throw new Error(`no code in ${said}`);
        const linked = await world.call(name, 'POST', '/v1/links', { code });
        expect(linked.body).toMatchObject({ account: { userId: USERS[name] } });
      }
      fake.calls.length = 0;
    },
    async close() {
      await world.close();
      await fake.close();
    },
  };
}

export const signatureOf = (secret: string, at: string, body: string): string =>
  `v0=${createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex')}`;

const form = (fields: Record<string, string>): string => new URLSearchParams(fields).toString();
export const payloadBody = (payload: object): string => form({ payload: JSON.stringify(payload) });

export const commandBody = (user: string, text: string, team: string = TEAM): string =>
  form({
    command: '/hallpass',
    text,
    team_id: team,
    user_id: user,
    channel_id: CHANNEL,
    trigger_id: trigger(),
    response_url: 'https://hooks.slack.com/commands/1234/5678',
  });

export const who = (user: string, team: string = TEAM) => ({ user: { id: user, team_id: team }, team: { id: team } });

export const clickBody = (user: string, action: string, value: string, where: string = CHANNEL): string =>
  payloadBody({
    type: 'block_actions',
    ...who(user),
    trigger_id: trigger(),
    channel: { id: where },
    actions: [{ action_id: action, block_id: 'b', type: 'button', value }],
    response_url: 'https://hooks.slack.com/actions/1234/5678',
  });

/** Slack's event, as JSON. `at`: when it happened, so that two of them are two. */
export const homeBody = (user: string, at: number): string =>
  JSON.stringify({
    type: 'event_callback',
    team_id: TEAM,
    event: { type: 'app_home_opened', tab: 'home', user, event_ts: String(at) },
  });

/** `answers`: block id to text, list of texts, or an element as Slack reports it. */
export const stateOf = (answers: Record<string, unknown>) => ({
  values: Object.fromEntries(
    Object.entries(answers).map(([block, answer]) => [
      block,
      {
        [block]:
          typeof answer === 'string'
            ? { type: 'plain_text_input', value: answer }
            : Array.isArray(answer)
              ? { type: 'multi_static_select', selected_options: answer.map((value) => ({ value })) }
              : answer,
      },
    ]),
  ),
});

export const submitBody = (user: string, callback: string, { id, metadata, answers }: Sent): string =>
  payloadBody({
    type: 'view_submission',
    ...who(user),
    trigger_id: trigger(),
    view: { id, hash: 'h', callback_id: callback, private_metadata: metadata, state: stateOf(answers) },
  });

/** The buttons of a message or view, by action: their values. */
export function buttonsOf(call: SlackCall | undefined): Record<string, string> {
  const view = call?.args['view'] as { blocks?: unknown } | undefined;
  const blocks = (call?.args['blocks'] ?? view?.blocks ?? []) as {
    elements?: { action_id?: string; value?: string }[];
  }[];
  return Object.fromEntries(
    blocks.flatMap(({ elements = [] }) =>
      elements.flatMap(({ action_id: id, value }) => (id && value !== undefined ? [[id, value]] : [])),
    ),
  );
}

export const textOf = (call: SlackCall | undefined): string => JSON.stringify(call?.args ?? {});
