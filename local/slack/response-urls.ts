/** Response URLs: five messages within thirty minutes, from whoever has the address. */
import { type Instant, minutes, plus } from '../../src/core/time.ts';
import { isRecord } from './block-kit/problem.ts';
import { messageBlocks } from './definition.ts';
import type { Message, ResponseUrl } from './records.ts';
import { messageKey, type Store } from './store.ts';
import { SlackError } from './web-api-error.ts';
import { BOT_USER } from './workspace.ts';

const VALID = minutes(30);
const USES = 5;

export const newResponseUrl = (
  store: Store,
  given: { channel: string; user: string; now: Instant; message?: string },
): string => {
  const id = store.id('').toLowerCase() + store.id('').toLowerCase();
  const { now, ...kept } = given;
  store.responses.put(id, { ...kept, expires: plus(now, VALID), uses: 0 });
  return id;
};

export type Responded = { readonly status: number; readonly body: string };

const refused = (error: string): Responded => ({ status: 404, body: JSON.stringify({ ok: false, error }) });

/** What the app posts to a response URL. The text of a body that is no JSON is the message. */
export function respond(store: Store, id: string, body: string, now: Instant): Responded {
  const found = store.responses.get(id);
  if (!found) return refused('invalid_url');
  if (found.expires < now) return refused('expired_url');
  if (found.uses >= USES) return refused('used_url');
  let content: Record<string, unknown>;
  try {
    const parsed: unknown = JSON.parse(body);
    if (!isRecord(parsed)) return { status: 400, body: 'invalid_payload' };
    content = parsed;
  } catch {
    return { status: 400, body: 'invalid_payload' };
  }
  try {
    store.change(() => {
      say(store, found, content);
      store.responses.put(id, { ...found, uses: found.uses + 1 });
    });
    return { status: 200, body: 'ok' };
  } catch (error) {
    if (error instanceof SlackError)
      return { status: 400, body: JSON.stringify({ ok: false, error: error.code, ...error.more }) };
    throw error;
  }
}

/** A message as an answer to a command or through a response URL: to the one person, or into the channel. */
export function say(
  store: Store,
  to: Pick<ResponseUrl, 'channel' | 'user' | 'message'>,
  content: Record<string, unknown>,
): void {
  const original =
    to.message === undefined ? undefined : store.messages.get(messageKey({ channel: to.channel, ts: to.message }));
  if (content['delete_original'] === true && original) {
    store.messages.delete(messageKey(original));
    return;
  }
  const text = typeof content['text'] === 'string' ? content['text'] : '';
  const blocks = messageBlocks(content['blocks'], () => store.id('').slice(0, 5));
  if (text === '' && blocks.length === 0) throw new SlackError('no_text');
  const replaced = content['replace_original'] === true ? original : undefined;
  const message: Message = replaced
    ? { ...replaced, text, blocks, edited: store.timestamp() }
    : {
        channel: to.channel,
        ts: store.timestamp(),
        author: BOT_USER,
        by: 'app',
        text,
        blocks,
        ...(content['response_type'] !== 'in_channel' && { onlyFor: to.user }),
        ...(typeof content['thread_ts'] === 'string' && { thread: content['thread_ts'] }),
      };
  store.messages.put(messageKey(message), message);
}
