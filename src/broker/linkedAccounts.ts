/** Who a Slack account is, and which accounts a person has: asked of the table each time, never remembered. */
import type { Person, SlackIdentity } from '../core/configuration.ts';
import { type Links, NO_LINKS, personOf, proofText, slackText } from '../core/identity.ts';
import { withAccounts } from '../core/link.ts';
import type { RecordDeps } from './ports.ts';

type Deps = Pick<RecordDeps, 'config' | 'links' | 'identities' | 'ready'>;

/** The person with the accounts they have linked: known by those, too, when it is asked who decided what they asked for. */
export async function withLinks(deps: Pick<RecordDeps, 'config' | 'links'>, person: Person): Promise<Person> {
  if (!deps.config().slack || person.slack) return person;
  return withAccounts(person, await deps.links.readRecord(person.id));
}

export type SlackCaller = { readonly person: Person; readonly channel: 'slack'; readonly proof: string };

/** The living person whom this account is linked to, or undefined. What is passed in must have been signed by Slack. */
export async function slackCaller(deps: Deps, account: SlackIdentity): Promise<SlackCaller | undefined> {
  await deps.ready();
  const config = deps.config();
  if (config.slack?.teamId !== account.teamId) return undefined;
  const proof = { kind: 'slack', teamId: account.teamId, userId: account.userId } as const;
  const [links, roleIds] = await Promise.all([linksOf(deps, account), deps.identities.roleIds()]);
  const person = personOf(proof, config.directory, roleIds, links);
  return person && { person: await withLinks(deps, person), channel: 'slack', proof: proofText(proof) };
}

async function linksOf(deps: Deps, account: SlackIdentity): Promise<Links> {
  const found = await deps.links.readAccount(account);
  return found?.personId === undefined ? NO_LINKS : new Map([[slackText(account), found.personId]]);
}

/** The account to write to for a person; undefined if they have linked none of the workspace's. */
export async function slackUserOf(
  deps: Pick<RecordDeps, 'config' | 'links'>,
  personId: string,
): Promise<SlackIdentity | undefined> {
  const { slack } = deps.config();
  const record = slack && (await deps.links.readRecord(personId));
  const account = record?.accounts.find(({ teamId }) => teamId === slack?.teamId);
  return account && { teamId: account.teamId, userId: account.userId };
}
