/** Links in memory: the same conditions as the table's, held by the same contract (`links.test.ts`). */
import type { LinkStore } from '../../src/broker/linkPorts.ts';
import type { SlackIdentity } from '../../src/core/configuration.ts';
import { slackText } from '../../src/core/identity.ts';
import type { LinkRecord, PersonEvent, SlackAccount } from '../../src/core/link.ts';
import { copy } from './fake-store.ts';

export type LinkTables = {
  readonly accounts: Map<string, SlackAccount>;
  readonly records: Map<string, LinkRecord>;
  readonly codes: Map<string, SlackIdentity>;
  readonly events: Map<string, PersonEvent[]>;
};

export const emptyLinks = (): LinkTables => ({
  accounts: new Map(),
  records: new Map(),
  codes: new Map(),
  events: new Map(),
});

export function linksInMemory({ accounts, records, codes, events }: LinkTables): LinkStore {
  const copyOf = <T>(value: T | undefined): T | undefined => (value === undefined ? undefined : copy(value));
  return {
    readAccount: async (who) => copyOf(accounts.get(slackText(who))),
    readRecord: async (personId) => copyOf(records.get(personId)),
    accountOfCode: async (hash) => copyOf(codes.get(hash)),
    readEvents: async (personId) => copy(events.get(personId) ?? []),
    async commit({ account, record, code, event }) {
      if (account && (accounts.get(slackText(account))?.version ?? 0) !== account.version - 1) return false;
      if (record && (records.get(record.personId)?.version ?? 0) !== record.version - 1) return false;
      if (code && codes.has(code.hash)) return false;
      if (event && events.get(event.personId)?.some((one) => one.n === event.n)) return false;
      if (account) accounts.set(slackText(account), copy(account));
      if (record) records.set(record.personId, copy(record));
      if (code) codes.set(code.hash, copy(code.account));
      if (event) events.set(event.personId, [...(events.get(event.personId) ?? []), copy(event)]);
      return true;
    },
  };
}
