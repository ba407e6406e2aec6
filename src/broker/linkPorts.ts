/** Where links of accounts to people are kept. */
import type { SlackIdentity } from '../core/configuration.ts';
import type { LinkRecord, PersonEvent, SlackAccount } from '../core/link.ts';
import type { Instant } from '../core/time.ts';

export type LinkChange = {
  /** Each as it will be; its version is one higher than what it was made from. */
  readonly account?: SlackAccount;
  readonly record?: LinkRecord;
  /** What `accountOfCode` answers from now on, until it is over. */
  readonly code?: { readonly hash: string; readonly account: SlackIdentity; readonly expiresAt: Instant };
  readonly event?: PersonEvent;
};

/** Every read is strongly consistent: a link that was just let go proves nobody. */
export type LinkStore = {
  readAccount(who: SlackIdentity): Promise<SlackAccount | undefined>;
  readRecord(personId: string): Promise<LinkRecord | undefined>;
  /** The account that a code was given to, by what is stored of the code. Whether it is good still, the account says. */
  accountOfCode(hash: string): Promise<SlackIdentity | undefined>;
  readEvents(personId: string): Promise<readonly PersonEvent[]>;
  /** Written whole or not at all; false: somebody else was first. */
  commit(change: LinkChange): Promise<boolean>;
};
