/** Slack's Web API: https://docs.slack.dev/apis/web-api */
import type { Post } from '../broker/ports.ts';
import { type Slack, type SlackAnswer, SlackAway, SlackRefused } from './ports.ts';

export const SLACK_API = 'https://slack.com/api/';

/** Those take no JSON: https://docs.slack.dev/apis/web-api#basics */
const FORM_ENCODED = /^(users\.info|conversations\.info|auth\.test)$/;

/** Slack's own failures, by name. Anything else that it calls an error is a refusal. */
const FAILING = [
  'ratelimited',
  'rate_limited',
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'request_timeout',
];

/** `base`: where the API is, with a slash at its end; only local mode has another than `SLACK_API`. */
export function slackApi(post: Post, token: () => Promise<string>, base: string = SLACK_API): Slack {
  return async (method, args) => {
    const form = FORM_ENCODED.test(method);
    const reply = await post({
      url: `${base}${method}`,
      headers: {
        authorization: `Bearer ${await token()}`,
        'content-type': form ? 'application/x-www-form-urlencoded' : 'application/json; charset=utf-8',
      },
      body: form ? new URLSearchParams(args as Record<string, string>).toString() : JSON.stringify(args),
    }).catch((error: unknown) => {
      throw new SlackAway(`${method}: ${error instanceof Error ? error.name : 'failed'}`);
    });
    if (reply.status === 429) throw new SlackAway(`${method}: 429`, secondsOf(reply.headers['retry-after']));
    if (reply.status !== 200) throw new SlackAway(`${method}: ${reply.status}`);
    return checked(method, reply.body);
  };
}

function checked(method: string, body: string): SlackAnswer {
  let answer: SlackAnswer;
  try {
    answer = JSON.parse(body);
  } catch {
    throw new SlackAway(`${method}: no JSON`);
  }
  if (answer?.['ok'] === true) return answer;
  const code = String(answer?.['error'] ?? 'unknown').slice(0, 100);
  if (FAILING.includes(code)) throw new SlackAway(`${method}: ${code}`);
  throw new SlackRefused(method, code);
}

const secondsOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,6}$/.test(text) ? Number(text) : undefined;
