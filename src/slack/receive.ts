/**
 * What Slack waits for: the answer within three seconds. Slack's signature is checked, the click is put into a queue, and
 * that is all: the one AWS call before the answer. Whoever can only reach this holds no access to the table.
 *
 * A form that was filled in is looked at here first, because its mistakes can only be shown in this answer.
 */
import type { Queue, Secrets } from '../broker/ports.ts';
import type { Configuration } from '../core/configuration.ts';
import type { Refusal } from '../core/refusal.ts';
import { evaluateRequests } from '../core/request.ts';
import type { Instant } from '../core/time.ts';
import { resultModal } from './decision-modals.ts';
import { opened } from './metadata.ts';
import { type Interaction, parsePayload } from './payload.ts';
import { type Job, slackSecrets } from './ports.ts';
import { errorsOf, requestInput } from './request-modal.ts';
import { isFromSlack, type Signed } from './signature.ts';

export type ReceiveDeps = {
  readonly config: () => Configuration;
  readonly secrets: Secrets;
  readonly clicks: Queue;
  readonly now: () => Instant;
  readonly log: (level: 'info' | 'warn' | 'error', message: string, fields?: Readonly<Record<string, unknown>>) => void;
};

/** As API Gateway hands it over (payload format 2.0). */
export type SlackRequest = {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | undefined;
  readonly isBase64Encoded?: boolean;
};
export type SlackReply = {
  readonly statusCode: number;
  readonly headers: Record<string, string>;
  readonly body: string;
};

/** Far above what Slack sends, and below what a message of the queue holds once encoded. */
const MOST_BYTES = 150_000;

export async function receive(deps: ReceiveDeps, request: SlackRequest): Promise<SlackReply> {
  const { config } = deps;
  const arn = config().notifications?.slack?.secret;
  if (arn === undefined || config().slack === undefined) return plainReply(404);
  const given = request.body ?? '';
  if (given.length > 2 * MOST_BYTES) return plainReply(413);
  const body = Buffer.from(given, request.isBase64Encoded ? 'base64' : 'utf8');
  if (body.byteLength > MOST_BYTES) return plainReply(413);
  const signed: Signed = {
    body,
    timestamp: request.headers['x-slack-request-timestamp'] ?? '',
    signature: request.headers['x-slack-signature'] ?? '',
  };
  const at = deps.now();
  const secrets = await provedBy(deps.secrets, arn, signed, at);
  if (!secrets) {
    deps.log('warn', 'a request that Slack did not sign', { bytes: body.byteLength });
    return plainReply(401);
  }
  return accept(deps, signed, request.headers['content-type'] ?? '', secrets, at);
}

/** The secrets, if one of them signed it. A newer one than those at hand is looked for before it is refused. */
export async function provedBy(
  secrets: Secrets,
  arn: string,
  signed: Signed,
  at: Instant,
): Promise<readonly string[] | undefined> {
  for (const read of [secrets.read, secrets.readAgain]) {
    const { signing } = await slackSecrets({ read }, arn);
    if (isFromSlack(signed, signing, at)) return signing;
  }
  return undefined;
}

async function accept(
  deps: ReceiveDeps,
  { body, timestamp, signature }: Signed,
  contentType: string,
  secrets: readonly string[],
  at: Instant,
): Promise<SlackReply> {
  const parsed = parsePayload(body, contentType);
  if (parsed.kind === 'challenge') return json({ challenge: parsed.challenge });
  if (parsed.kind === 'nothing') return plainReply(200);
  const { interaction } = parsed;
  if (interaction.who.team !== deps.config().slack?.teamId) {
    deps.log('warn', 'a click in another workspace', { team: interaction.who.team });
    return plainReply(200);
  }
  const mistaken = mistakesIn(deps, interaction, secrets, at);
  if (mistaken) return json(mistaken);
  const job: Job = {
    body: Buffer.from(body).toString('base64'),
    timestamp,
    signature,
    contentType,
    receivedAt: at,
  };
  try {
    await deps.clicks.send(JSON.stringify(job));
  } catch (error) {
    deps.log('error', 'a click could not be kept', { kind: interaction.kind, error: String(error) });
    return notTaken(interaction);
  }
  return taken(interaction);
}

/** The same evaluation as everywhere, so that mistakes are shown beside their fields; it proves nothing and grants nothing. */
function mistakesIn(
  { config }: ReceiveDeps,
  interaction: Interaction,
  secrets: readonly string[],
  at: Instant,
): object | undefined {
  if (interaction.kind !== 'submit') return undefined;
  const { view, form, who } = interaction;
  const metadata = opened(view.metadata, who, secrets, at);
  if (!metadata) return { response_action: 'update', view: STALE };
  if (form !== 'hallpass_request') return undefined;
  const person = metadata.person === undefined ? undefined : config().directory.people[metadata.person];
  if (!person) return undefined;
  const plan = evaluateRequests(requestInput(view.answers), person, config(), at);
  if (plan.ok || isForTheDirectory(plan.error, config())) return undefined;
  return { response_action: 'errors', errors: errorsOf(plan.error, view.answers) };
}

/** Who is in which group of Identity Center is not known here: said once it was read, and not beside a field. */
const isForTheDirectory = ({ reason }: Refusal, { identityCenter }: Configuration): boolean =>
  identityCenter !== undefined && reason === 'notEligible';

export const STALE = resultModal(
  'Not taken',
  'This form is not as Hallpass made it, or it is too old. Nothing was done; open it again.',
);

function taken(interaction: Interaction): SlackReply {
  if (interaction.kind !== 'submit') return plainReply(200);
  return json({ response_action: 'update', view: resultModal('Sent', 'One moment …') });
}

/** Words where Slack shows them; elsewhere a failure, which Slack shows beside the button. */
function notTaken(interaction: Interaction): SlackReply {
  const text = 'Hallpass could not take this just now. Nothing was done; try again in a few seconds.';
  if (interaction.kind === 'submit') return json({ response_action: 'update', view: resultModal('Not taken', text) });
  if (interaction.kind === 'ask') return json({ response_type: 'ephemeral', text });
  return plainReply(503);
}

const plainReply = (statusCode: number): SlackReply => ({
  statusCode,
  headers: { 'cache-control': 'no-store', 'content-type': 'text/plain' },
  body: '',
});

const json = (body: object): SlackReply => ({
  statusCode: 200,
  headers: { 'cache-control': 'no-store', 'content-type': 'application/json' },
  body: JSON.stringify(body),
});
