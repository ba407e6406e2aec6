/** Linked accounts for people. */
import type { LinksView, LinkView } from '../../src/http/schemas.ts';
import { facts, table } from '../terminal/table.ts';
import { moment } from './moment.ts';

export const whose = ({ name, userId }: LinkView['account']): string =>
  name === undefined ? userId : `${name} (${userId})`;

export const linkDetails = ({ account, person, linkedAt }: LinkView): string =>
  facts([
    ['Slack account', whose(account)],
    ['Workspace', account.teamId],
    ['Person', `${person.name} (${person.id})`],
    ['Linked', linkedAt === undefined ? undefined : moment(linkedAt)],
  ]);

export function linkTable({ accounts, events }: LinksView): string {
  const linked = table(
    ['SLACK USER', 'NAME', 'WORKSPACE', 'LINKED'],
    accounts.map(({ userId, name, teamId, linkedAt }) => [userId, name ?? '-', teamId, moment(linkedAt)]),
  );
  if (events.length === 0) return linked;
  const history = table(
    ['AT', 'WHAT', 'SLACK USER', 'BY'],
    events.map(({ at, type, account, actor }) => [moment(at), type, whose(account), actor]),
  );
  return `${linked}\n${history}`;
}
