/** The demo's chapter in Slack: what people would type and click there, done to the simulated one. */
import { seconds } from '../../src/core/time.ts';
import type { GrantWithTimeline } from '../../src/http/schemas.ts';
import type { VirtualClock } from '../clock.ts';
import { elementsOf } from '../slack/block-kit/blocks.ts';
import type { Filled, Message } from '../slack/records.ts';
import type { Slack } from '../slack/slack.ts';
import { CHANNEL_NAME } from '../world/slack.ts';
import type { World } from '../world/world.ts';
import { hallpass } from './people.ts';
import { contains, type Narrator } from './steps.ts';

export type SlackStage = {
  readonly slack: Slack;
  readonly world: World;
  readonly clock: VirtualClock;
  readonly narrate: Narrator;
};

const ENTITLEMENT = 'mycluster-view-dev';
const CODE = /hallpass link ([0-9A-Z-]{14})/;

export async function grantThroughSlack(stage: SlackStage): Promise<void> {
  const { narrate } = stage;
  narrate.chapter('In Slack: asked for, approved and ended by clicks');
  narrate.say(`The simulated Slack is at ${stage.slack.url}; here the demo's people click.`);
  await link(stage, 'alice');
  await link(stage, 'bob');
  const id = await ask(stage);
  await press(stage, 'bob', 'hallpass_approve', 'Approve');
  await shows(stage, id, '"state":"active"', '"channel":"slack"');
  await press(stage, 'alice', 'hallpass_end', 'End now');
  await shows(stage, id, '"state":"ended"', '"by":"Alice Archer"');
}

/** An account in Slack is nobody until a person who is signed in says that it is theirs. */
async function link({ slack, narrate, ...stage }: SlackStage, name: string): Promise<void> {
  const channel = slack.channel(CHANNEL_NAME).id;
  let code = '';
  await narrate.step(
    `${name} types in #${CHANNEL_NAME}:  /hallpass`,
    async () => {
      await slack.hands.type(slack.user(name).id, channel, '/hallpass');
      await quiet(stage);
      const answer = slack.messages(channel, name).map(said).at(-1) ?? '';
      code = CODE.exec(answer)?.[1] ?? '';
      return answer;
    },
    contains('hallpass link '),
  );
  await narrate.step(
    `AWS_PROFILE=${name} hallpass link ${code} --yes`,
    async () => {
      const { out, err } = await hallpass(name, ['link', code, '--yes']);
      return out + err;
    },
    contains(slack.user(name).id),
  );
}

async function ask({ slack, narrate, ...stage }: SlackStage): Promise<string> {
  const alice = slack.user('alice').id;
  await narrate.step(
    `alice types in #${CHANNEL_NAME}:  /hallpass ${ENTITLEMENT}`,
    async () => {
      await slack.hands.type(alice, slack.channel(CHANNEL_NAME).id, `/hallpass ${ENTITLEMENT}`);
      await quiet(stage);
      return words(slack.modal('alice')?.definition);
    },
    contains('Ask for access', 'justification'),
  );
  await narrate.step(
    'alice fills in why, and clicks Ask',
    async () => {
      const view = slack.modal('alice');
      const field = view?.definition.blocks.find(({ block_id: id }) => id.startsWith('justification'));
      const action = String(elementsOf(field ? [field] : [])[0]?.['action_id']);
      const filled: Filled = { [field?.block_id ?? '']: { [action]: 'reading the logs of the greeter' } };
      await slack.hands.submit(alice, view?.id ?? '', filled);
      await quiet(stage);
      return words(slack.modal('alice')?.definition);
    },
    contains('Asked'),
  );
  const { out } = await hallpass('alice', ['grants', '--output', 'json']);
  const { grants } = JSON.parse(out) as { grants: GrantWithTimeline[] };
  return grants[0]?.id ?? '';
}

/** Presses a button of the newest message of the app's that has it, in the person's direct messages. */
async function press(
  { slack, narrate, ...stage }: SlackStage,
  name: string,
  action: string,
  label: string,
): Promise<void> {
  await narrate.step(
    `${name} clicks "${label}" in a direct message of Hallpass:`,
    async () => {
      const direct = slack.direct(name)?.id ?? '';
      const message = slack.messages(direct).findLast((one) => buttonIn(one, action));
      const block = message && buttonIn(message, action);
      if (!message || !block) return `there is no "${label}" there`;
      const shown = said(message);
      await slack.hands.click(slack.user(name).id, {
        place: { channel: direct, ts: message.ts },
        block: block.block_id,
        action,
      });
      await quiet(stage);
      return shown;
    },
    contains('mycluster'),
  );
}

const buttonIn = ({ blocks }: Message, action: string) =>
  blocks.find((block) => elementsOf([block]).some((element) => element['action_id'] === action));

async function shows({ narrate }: SlackStage, id: string, ...texts: readonly string[]): Promise<void> {
  await narrate.step(
    `AWS_PROFILE=alice hallpass grant ${id}`,
    async () => {
      const { state, approvals, reason, by } = JSON.parse(
        (await hallpass('alice', ['grant', id, '--output', 'json'])).out,
      ) as GrantWithTimeline;
      return JSON.stringify({ state, reason, by, approvals });
    },
    contains(...texts),
  );
}

/** What was clicked has been done, and everybody has been told. */
async function quiet({ clock, world }: Pick<SlackStage, 'clock' | 'world'>): Promise<void> {
  for (let n = 0; n < 3; n++) {
    await clock.advanceBy(seconds(1));
    await world.drain();
    await clock.settle();
  }
}

const said = ({ text, blocks }: Message): string => (blocks.length > 0 ? words(blocks) : text);

/** All texts, a line each. */
function words(value: unknown): string {
  if (Array.isArray(value)) return value.map(words).filter(Boolean).join('\n');
  if (typeof value !== 'object' || value === null) return '';
  const parts = Object.entries(value).map(([key, one]) =>
    key === 'text' && typeof one === 'string' ? one : words(one),
  );
  const id = 'block_id' in value && 'element' in value ? [`[${String(value.block_id)}]`] : [];
  return [...id, ...parts].filter(Boolean).join('\n');
}
