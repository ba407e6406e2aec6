/**
 * One click out of the queue. Its signature is checked once more: whoever could put a message into the queue still could
 * not make one that counts. A delivery is known by what Slack calls it, so that it is done once.
 */
import { createHash } from 'node:crypto';
import type { Secrets } from '../broker/ports.ts';
import { between, hours, type Instant, instant } from '../core/time.ts';
import { say } from './answers.ts';
import type { MemberCache } from './identify.ts';
import { interact } from './interact.ts';
import { type Interaction, parsePayload } from './payload.ts';
import { type ChatDeps, type Job, SlackAway, SlackRefused } from './ports.ts';
import { provedBy } from './receive.ts';

/** A click that waited longer no longer says what the person wants. */
const WAITS_AT_MOST = hours(1);

export async function work(
  deps: ChatDeps,
  secrets: Secrets,
  arn: string,
  text: string,
  cache: MemberCache,
): Promise<void> {
  const job = jobOf(text);
  const body = Buffer.from(job.body, 'base64');
  const { timestamp, signature } = job;
  const { now, log } = deps;
  const age = between(instant(job.receivedAt), now());
  if (!(age <= WAITS_AT_MOST)) return log('warn', 'a click waited too long and is dropped', { age });
  if (!(await provedBy(secrets, arn, { body, timestamp, signature }, job.receivedAt)))
    return log('alarm', 'the queue held a click that Slack did not sign', {});
  const parsed = parsePayload(body, job.contentType);
  if (parsed.kind !== 'interaction') return;
  const key = createHash('sha256').update(body).digest('hex');
  if (!(await deps.clicks.begin(key))) return;
  await deps.ready();
  await perform(deps, parsed.interaction, cache);
  await deps.clicks.done(key);
}

/** What Slack will not do now it will not do later either: a modal's trigger lives for three seconds. */
async function perform(deps: ChatDeps, interaction: Interaction, cache: MemberCache): Promise<void> {
  try {
    await interact(deps, interaction, cache);
  } catch (error) {
    if (!(error instanceof SlackRefused)) throw error;
    deps.log('warn', 'Slack refused an answer', { kind: interaction.kind, method: error.method, code: error.code });
    if (!['expired_trigger_id', 'trigger_expired'].includes(error.code) || interaction.kind === 'home') return;
    const channel = 'channel' in interaction ? interaction.channel : undefined;
    await say(deps, interaction.who, channel, 'That took too long for Slack. Nothing was done; try again.').catch(
      (failure: unknown) => {
        if (!(failure instanceof SlackRefused) && !(failure instanceof SlackAway)) throw failure;
      },
    );
  }
}

function jobOf(text: string): Job {
  const job = JSON.parse(text) as Partial<Job>;
  const { body = '', timestamp = '', signature = '', contentType = '', receivedAt = 0 as Instant } = job;
  return { body, timestamp, signature, contentType, receivedAt };
}
