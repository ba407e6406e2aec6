/**
 * Reads IAM Identity Center's identity store: the users that anything depends on, and the members of the groups that the
 * configuration maps. All of it or nothing.
 * https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/welcome.html
 */
import {
  GetGroupIdCommand,
  IdentitystoreClient,
  ListGroupMembershipsCommand,
  ListUsersCommand,
  type User,
} from '@aws-sdk/client-identitystore';
import type { IdentityCenter } from '../core/configuration.ts';
import type { Snapshot, StoreUser } from '../core/identity-center.ts';
import { type Invocation, send } from './calls.ts';

/** Loaded together: whoever reads no identity store loads neither. */
export { IdentitystoreClient };

const PAGE = 100;
/** An id of the store: a UUID, in older stores with ten more digits before it. */
const GROUP_ID = /^([0-9a-f]{10}-)?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export async function readIdentityStore(
  client: IdentitystoreClient,
  invocation: Invocation,
  { identityStoreId: IdentityStoreId, groups }: IdentityCenter,
): Promise<Snapshot> {
  const asOf = invocation.now();
  const groupId = async (named: string): Promise<string> => {
    if (GROUP_ID.test(named)) return named;
    const command = new GetGroupIdCommand({
      IdentityStoreId,
      AlternateIdentifier: { UniqueAttribute: { AttributePath: 'displayName', AttributeValue: named } },
    });
    const { GroupId } = await send(invocation, (options) => client.send(command, options));
    if (!GroupId) throw new Error(`the identity store named no group "${named}"`);
    return GroupId;
  };
  const members = async (named: string): Promise<string[]> => {
    const GroupId = await groupId(named);
    const found = await pages(async (NextToken) => {
      const command = new ListGroupMembershipsCommand({ IdentityStoreId, GroupId, MaxResults: PAGE, NextToken });
      const page = await send(invocation, (options) => client.send(command, options));
      return { items: page.GroupMemberships ?? [], next: page.NextToken };
    });
    return found.flatMap(({ MemberId }) => (MemberId?.UserId === undefined ? [] : [MemberId.UserId]));
  };
  const [users, ...listed] = await Promise.all([
    pages(async (NextToken) => {
      const command = new ListUsersCommand({ IdentityStoreId, MaxResults: PAGE, NextToken });
      const page = await send(invocation, (options) => client.send(command, options));
      return { items: page.Users ?? [], next: page.NextToken };
    }),
    ...Object.entries(groups).map(async ([name, named]) => [name, await members(named)] as const),
  ]);
  return { users: users.flatMap(userOf), groups: Object.fromEntries(listed), asOf };
}

async function pages<T>(
  page: (token: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next: string | undefined }>,
): Promise<T[]> {
  const all: T[] = [];
  for (let token: string | undefined; ; ) {
    const { items, next } = await page(token);
    all.push(...items);
    token = next;
    if (!token) return all;
  }
}

/** Without a name nobody can sign in as the user. A status that is not known is not "enabled". */
function userOf({ UserId, UserName, DisplayName, Emails = [], UserStatus }: User): StoreUser[] {
  if (UserId === undefined || UserName === undefined) return [];
  const email = (Emails.find((one) => one.Primary) ?? Emails[0])?.Value ?? UserName;
  const disabled = UserStatus !== undefined && UserStatus !== 'ENABLED';
  return [{ userId: UserId, userName: UserName, name: DisplayName ?? UserName, email, disabled }];
}
