/** The hub for people. */
import type { EndedView, HubView } from '../../src/http/hub-schemas.ts';
import { facts, table } from '../terminal/table.ts';
import { moment } from './moment.ts';

export function hubDetails({ hub, configuration, freezes, orders, remaining }: HubView): string {
  const parts = [
    facts([
      ['Hub', hub],
      [
        'Rules in force',
        configuration &&
          `${configuration.digest.slice(0, 12)} of release ${configuration.release}, since ${moment(configuration.since)}`,
      ],
      ['Frozen', freezes.length === 0 ? 'nothing' : `${freezes.length}, see below`],
      ['Orders to end', orders.length === 0 ? 'none' : `${orders.length}, see below`],
      ['Open', remaining && `${remaining.coming} coming, ${remaining.live} live, ${remaining.ending} ending`],
      ['Looked back at', remaining && String(remaining.aftercare)],
    ]),
  ];
  if (freezes.length > 0)
    parts.push(
      table(
        ['FROZEN', 'BY', 'SINCE', 'BREAK-GLASS', 'WHY'],
        freezes.map(({ what, by, since, breakGlass, reason }) => [
          what,
          by,
          moment(since),
          breakGlass ? 'possible' : 'no',
          reason,
        ]),
      ),
    );
  if (orders.length > 0)
    parts.push(
      table(
        ['ENDING', 'BY', 'SINCE', 'STILL OPEN', 'ENDING', 'NOTE'],
        orders.map(({ what, by, since, open, ending, note }) => [
          what,
          by,
          moment(since),
          open === undefined ? '' : String(open),
          ending === undefined ? '' : String(ending),
          note ?? '',
        ]),
      ),
    );
  if (remaining && remaining.grants.length > 0)
    parts.push(
      table(
        ['GRANT', 'STATE', 'ENTITLEMENT', 'CLUSTER', 'REQUESTER'],
        remaining.grants.map((grant) => [
          grant.id,
          grant.state,
          grant.entitlement,
          grant.cluster.name,
          grant.requester.name,
        ]),
      ),
    );
  return parts.join('\n');
}

export function endedDetails({ order, ended, ending, left, grants }: EndedView): string {
  const summary = facts([
    ['Ending', order.what],
    ['Ended', String(ended)],
    ['Were ending', String(ending)],
    ['Not reached yet', String(left)],
  ]);
  if (grants.length === 0) return summary;
  return `${summary}\n${table(
    ['GRANT', 'WAS', 'REQUESTER'],
    grants.map(({ id, was, requester }) => [id, was, requester]),
  )}`;
}
