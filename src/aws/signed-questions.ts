/**
 * Signed questions to servers that the configuration names: who is on call, is a ticket open. Three seconds, no redirect,
 * and anything but a readable answer is none: what cannot be found out is a no (I8).
 */
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Ask, Question } from '../broker/ports.ts';
import { type Duration, type Instant, plus, seconds } from '../core/time.ts';
import { clientConfig, type Invocation } from './calls.ts';
import { httpClient, httpHandler } from './http-client.ts';
import type { Runtime } from './runtime.ts';
import { type SecretCache, secretsIn } from './secrets.ts';
import { sign } from './standard-webhooks.ts';

const LONGEST_ANSWER = seconds(3);
const MOST_CHARACTERS = 64 * 1_024;
const MOST_KEPT = 1_000;

type Answer = Awaited<ReturnType<Ask>>;
type Kept = { readonly answer: Answer; readonly until: Instant };

export function signedQuestions(runtime: Runtime): (invocation: Invocation) => Ask {
  const client = new SecretsManagerClient(clientConfig(runtime));
  const secretCache: SecretCache = new Map();
  const longest = Math.min(LONGEST_ANSWER, runtime.callTimeout) as Duration;
  const handler = httpHandler({ callTimeout: longest });
  const kept = new Map<string, Kept>();
  return (invocation) => {
    const secrets = secretsIn(client, invocation, secretCache);
    const put = async (question: Question): Promise<Answer> => {
      const { to, id, body } = question;
      if (!('url' in to)) return none('it has no address');
      const { url, secret } = to;
      const text = JSON.stringify(body);
      const { current, previous } = await secrets.read(secret);
      const signed = sign(previous === undefined ? [current] : [current, previous], id, runtime.now(), text);
      const headers = {
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': 'hallpass',
        'webhook-id': signed.id,
        'webhook-timestamp': signed.timestamp,
        'webhook-signature': signed.signature,
      };
      const signal = AbortSignal.any([invocation.signal, AbortSignal.timeout(longest)]);
      return read(await httpClient(handler, { signal })({ url, headers, body: text }));
    };
    return async (question) => {
      const key = JSON.stringify([question.to, question.body]);
      const before = kept.get(key);
      if (question.keepFor !== undefined && before && runtime.now() < before.until) return before.answer;
      const answer = await put(question).catch((error: unknown) => none(nameOf(error)));
      if (answer.ok && question.keepFor !== undefined) keep(kept, key, answer, plus(runtime.now(), question.keepFor));
      return answer;
    };
  };
}

function read({ status, body }: { readonly status: number; readonly body: string }): Answer {
  if (status !== 200) return none(`it answered ${status}`);
  if (body.length >= MOST_CHARACTERS) return none('its answer is too long');
  try {
    return { ok: true, answer: JSON.parse(body) as unknown };
  } catch {
    return none('its answer is not JSON');
  }
}

function keep(kept: Map<string, Kept>, key: string, answer: Answer, until: Instant): void {
  if (kept.size >= MOST_KEPT) kept.clear();
  kept.set(key, { answer, until });
}

const none = (why: string): Answer => ({ ok: false, why });

/** No message: it may hold the address with whatever is in it. */
const nameOf = (error: unknown): string =>
  error instanceof Error && error.name === 'NoSuchSecret' ? 'its secret is not there' : 'it did not answer in time';
