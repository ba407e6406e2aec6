/** Who is told, and where: references that have to be there, and addresses that have to be safe to post to. */
import type { Context } from './context.ts';
import type { Path } from './finding.ts';
import { quote } from './printable.ts';
import { checkSecretArn } from './secret-arn.ts';

// https://docs.slack.dev/reference/objects/conversation-object: ids are capital letters and digits; D… are direct messages
const CHANNEL = /^[CG][A-Z0-9]{6,20}$/;

export function checkNotifications(context: Context): void {
  const { draft, report } = context;
  const { slack, webhooks = [] } = draft.notifications ?? {};
  if (slack) checkSecretArn(['notifications', 'slack', 'secret'], slack.secret, context);
  if (slack && draft.identities && !draft.identities.slack)
    report(
      ['notifications', 'slack'],
      'Slack without identities.slack: nobody in Slack could be anybody; name the workspace there',
    );
  const names = webhooks.map(({ name }) => name);
  for (const [index, { name, url, secret }] of webhooks.entries()) {
    const path = ['notifications', 'webhooks', index];
    if (names.indexOf(name) < index) report([...path, 'name'], `there is a webhook ${quote(name)} already`);
    checkUrl([...path, 'url'], url, context);
    checkSecretArn([...path, 'secret'], secret, context);
  }
  for (const [id, rule] of Object.entries(draft.entitlements ?? {}))
    checkNotify(['entitlements', id, 'notify', 'slack'], rule.notify?.slack?.channel, rule.notify?.slack, context);
}

function checkNotify(path: Path, channel: string | undefined, notify: object | undefined, { draft, report }: Context) {
  if (notify && !draft.notifications?.slack)
    report(path, 'this entitlement notifies Slack, and notifications.slack is not there; add it, or leave this out');
  if (channel !== undefined && !CHANNEL.test(channel))
    report(
      [...path, 'channel'],
      `${quote(channel)} is not the id of a channel; write it like C0123ABCDEF, as Slack shows at the end of a channel's details`,
    );
}

/** Loopback alone may be without TLS: a deployed function has nobody there, and local mode has. */
function checkUrl(path: Path, text: string, { report }: Context): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const loopback = url?.hostname === '127.0.0.1' || url?.hostname === 'localhost';
  if (!url || (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback)))
    report(path, `${quote(text)} is not an https address`);
  else if (url.username !== '' || url.password !== '')
    report(
      path,
      'an address with a password in it; the signature proves who sends, and a password would be in this file',
    );
  else if (/^(169\.254\.|fd00:ec2:)/.test(url.hostname.replace(/^\[/, '')))
    report(path, `${quote(text)} is the address of instance metadata`);
}
