/** What the doctor asks of Slack. */
import type { Post, Secrets } from '../broker/ports.ts';
import type { SlackSeen } from '../core/diagnosis.ts';
import { SlackRefused, slackSecrets } from './ports.ts';
import { slackApi } from './web-api.ts';

/** Asked as the app itself: what the token is for, and whether it may post where entitlements tell it to. */
export async function lookAtSlack(
  { secrets, post: send, base }: { readonly secrets: Secrets; readonly post: Post; readonly base: string | undefined },
  secret: string,
  channels: readonly string[],
): Promise<SlackSeen> {
  const { botToken } = await slackSecrets(secrets, secret);
  let scopes: readonly string[] = [];
  const post: Post = async (request) => {
    const answer = await send(request);
    scopes = (answer.headers['x-oauth-scopes'] ?? '').split(',').filter((scope) => scope !== '');
    return answer;
  };
  const slack = slackApi(post, async () => botToken, base);
  const { team_id: teamId } = await slack('auth.test', {});
  const granted = scopes;
  const looked = await Promise.all(
    channels.map(async (id) => {
      const problem = await slack('conversations.info', { channel: id }).then(
        ({ channel }) => channelProblem(channel as { is_member?: unknown; is_archived?: unknown } | undefined),
        (error: unknown) => (error instanceof SlackRefused ? error.code : String(error)),
      );
      return { id, ...(problem !== undefined && { problem }) };
    }),
  );
  return { teamId: String(teamId), scopes: granted, channels: looked };
}

function channelProblem(channel: { is_member?: unknown; is_archived?: unknown } | undefined): string | undefined {
  if (channel?.is_archived === true) return 'the channel is archived';
  return channel?.is_member === true ? undefined : 'the app is not a member of the channel';
}
