/** What the simulated Slack remembers. */
import type { Instant } from '../../src/core/time.ts';

/** What somebody is to this workspace. `external`: of another organisation, by Slack Connect. */
export type Membership = 'full' | 'multiChannelGuest' | 'singleChannelGuest' | 'external' | 'bot';

export type User = {
  readonly id: string;
  /** The person's own workspace. */
  readonly teamId: string;
  /** The handle. */
  readonly name: string;
  readonly realName: string;
  readonly email: string;
  readonly emailConfirmed: boolean;
  readonly membership: Membership;
  readonly deleted: boolean;
};

export type Channel = {
  readonly id: string;
  readonly name: string;
  readonly kind: 'public' | 'private' | 'im';
  readonly members: readonly string[];
  readonly archived: boolean;
  readonly externallyShared: boolean;
  readonly created: Instant;
};

export type Block = { readonly type: string; readonly block_id: string; readonly [field: string]: unknown };

export type Message = {
  readonly channel: string;
  readonly ts: string;
  readonly author: string;
  /** `app`: through the Web API or a response URL; `person`: typed; `slack`: Slack's own words to one person. */
  readonly by: 'app' | 'person' | 'slack';
  readonly text: string;
  readonly blocks: readonly Block[];
  readonly thread?: string;
  /** The reply is shown in the channel as well. */
  readonly broadcast?: boolean;
  readonly edited?: string;
  /** Only this person sees it. */
  readonly onlyFor?: string;
  readonly metadata?: unknown;
};

/** What somebody has filled in: block id → action id → value as the form has it. */
export type Filled = Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;

/** A view as its app defined it. */
export type ViewDefinition = {
  readonly type: 'modal' | 'home';
  readonly blocks: readonly Block[];
  readonly [field: string]: unknown;
};

export type View = {
  readonly id: string;
  readonly user: string;
  readonly definition: ViewDefinition;
  readonly hash: string;
  /** The bottom of the stack of modals that this one is in; itself, if it is the bottom. */
  readonly root: string;
  readonly previous?: string;
  /** Where in the stack: 1 is the bottom. */
  readonly depth: number;
  readonly filled: Filled;
  /** Block id → what the app says is wrong with it. */
  readonly errors: Readonly<Record<string, string>>;
};

export type Trigger = {
  readonly user: string;
  readonly expires: Instant;
  readonly used: boolean;
  readonly view?: string;
};

export type ResponseUrl = {
  readonly channel: string;
  readonly user: string;
  readonly expires: Instant;
  readonly uses: number;
  /** The message that `replace_original` and `delete_original` mean. */
  readonly message?: string;
};
