/** Linking Slack accounts to people, as the API has it. */
import type * as z from 'zod/mini';
import { linkIdentity, previewLink, readLinks, unlinkIdentity } from '../broker/linkIdentity.ts';
import type { LinkedAccount, PersonEvent } from '../core/link.ts';
import { toIso } from '../core/time.ts';
import type { Caller } from './caller.ts';
import { problemOf } from './problem.ts';
import type { Handler } from './request.ts';
import type { LinkRequest } from './requests.ts';
import type { LinksView, LinkView } from './schemas.ts';

type Shown = Pick<LinkedAccount, 'teamId' | 'userId' | 'name'>;

const accountView = ({ teamId, userId, name }: Shown): LinkView['account'] => ({
  teamId,
  userId,
  ...(name !== undefined && { name }),
});

const linkView = ({ person }: Caller, account: Shown, linkedAt?: LinkedAccount['linkedAt']): LinkView => ({
  account: accountView(account),
  person: { id: person.id, name: person.name },
  ...(linkedAt !== undefined && { linkedAt: toIso(linkedAt) }),
});

const eventView = ({ n, at, actor, body, hash }: PersonEvent): LinksView['events'][number] => ({
  n,
  at: toIso(at),
  type: body.type,
  actor: actor.kind === 'person' ? actor.name : actor.part,
  account: accountView(body.account),
  hash,
});

const createLink: Handler = async (deps, caller, { query, body }) => {
  const { code } = body as z.infer<typeof LinkRequest>;
  if (query['dryRun'] === 'true') {
    const preview = await previewLink(deps, { ...caller, code });
    return preview.ok ? { status: 200, body: linkView(caller, preview.value) } : { problem: problemOf(preview.error) };
  }
  const made = await linkIdentity(deps, { ...caller, code });
  return made.ok
    ? { status: 200, body: linkView(caller, made.value, made.value.linkedAt) }
    : { problem: problemOf(made.error) };
};

const listLinks: Handler = async (deps, caller, { query }) => {
  const links = await readLinks(deps, caller.person, query['person']);
  if (!links.ok) return { problem: problemOf(links.error) };
  const accounts = links.value.accounts.map((one) => ({ ...accountView(one), linkedAt: toIso(one.linkedAt) }));
  return { status: 200, body: { accounts, events: links.value.events.map(eventView) } satisfies LinksView };
};

const unlink: Handler = async (deps, caller, { id }) => {
  const unlinked = await unlinkIdentity(deps, { ...caller, userId: id });
  return unlinked.ok ? { status: 200, body: linkView(caller, unlinked.value) } : { problem: problemOf(unlinked.error) };
};

export const LINK_HANDLERS = { createLink, listLinks, unlink };
