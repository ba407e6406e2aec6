/** Words for one person alone. `response_url` is not used: whoever gets hold of one can speak for us (F19). */
import type { Member } from './payload.ts';
import { type ChatDeps, SlackRefused } from './ports.ts';

/** Where the click was, seen by nobody else; where the app is no member, in a direct message. */
export async function say(
  { slack }: Pick<ChatDeps, 'slack'>,
  { user }: Member,
  channel: string | undefined,
  text: string,
): Promise<void> {
  if (channel !== undefined) {
    try {
      await slack('chat.postEphemeral', { channel, user, text });
      return;
    } catch (error) {
      if (!(error instanceof SlackRefused)) throw error;
    }
  }
  await slack('chat.postMessage', { channel: user, text, unfurl_links: false });
}
