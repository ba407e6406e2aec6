/**
 * A simulated identity store of IAM Identity Center: the three operations that the product calls. Users and groups are
 * seeded, as an administrator or a directory elsewhere would have made them.
 *
 * Authority: https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/
 */
import { AwsError, type Context, type Input, type Operation, type Operations } from '../aws-service.ts';
import type { Storage } from '../storage.ts';
import { partitionOf } from './arn.ts';
import { inputReader } from './input.ts';

export type SeededUser = {
  readonly userId: string;
  readonly userName: string;
  readonly displayName: string;
  readonly email?: string;
  readonly disabled?: boolean;
};
export type SeededGroup = {
  readonly groupId: string;
  readonly displayName: string;
  readonly members: readonly string[];
};
export type SeededStore = {
  readonly identityStoreId: string;
  readonly region: string;
  readonly users: readonly SeededUser[];
  readonly groups: readonly SeededGroup[];
};

const storesOf = (storage: Storage) => storage.collection<SeededStore>('identitystore/store');
const read = inputReader((name, problem) => new AwsError('ValidationException', 400, `${name} ${problem}`));
const notFound = (what: string): AwsError =>
  new AwsError('ResourceNotFoundException', 400, `${what} not found.`, { ResourceType: what });

/** Makes the store what it is to be now. */
export const seedIdentityStore = (storage: Storage, store: SeededStore): void =>
  storesOf(storage).put(store.identityStoreId, store);

/** An identity store answers in its own region only (F39). */
function storeIn(input: Input, { storage, region }: Context): SeededStore {
  const store = storesOf(storage).get(read.text(input, 'IdentityStoreId'));
  if (!store || store.region !== region) throw notFound('IDENTITY_STORE');
  return store;
}

function page<T>(input: Input, all: readonly T[]): { items: readonly T[]; NextToken?: string } {
  const most = read.optionalNumber(input, 'MaxResults') ?? 100;
  if (most < 1 || most > 100) throw new AwsError('ValidationException', 400, 'MaxResults must be from 1 to 100');
  const from = Number(read.optionalText(input, 'NextToken') ?? 0);
  if (!Number.isInteger(from)) throw new AwsError('ValidationException', 400, 'NextToken is not valid');
  const to = from + most;
  return { items: all.slice(from, to), ...(to < all.length && { NextToken: String(to) }) };
}

const resource = (kind: string, input: Input, { caller, region }: Context): string =>
  kind === 'identitystore'
    ? `arn:${partitionOf(region)}:identitystore::${caller.account}:identitystore/${read.text(input, 'IdentityStoreId')}`
    : `arn:${partitionOf(region)}:identitystore:::${kind}/*`;

const reading = (action: string, kinds: readonly string[], run: Operation['run']): Operation => ({
  write: false,
  authorize: (input, context) =>
    ['identitystore', ...kinds].map((kind) => ({
      action: `identitystore:${action}`,
      resource: resource(kind, input, context),
    })),
  run,
});

export const identityStoreOperations: Operations = {
  ListUsers: reading('ListUsers', ['user'], (input, context) => {
    const { identityStoreId, users } = storeIn(input, context);
    const { items, ...next } = page(input, users);
    return {
      Users: items.map(({ userId, userName, displayName, email, disabled }) => ({
        IdentityStoreId: identityStoreId,
        UserId: userId,
        UserName: userName,
        DisplayName: displayName,
        ...(email !== undefined && { Emails: [{ Value: email, Type: 'work', Primary: true }] }),
        UserStatus: disabled ? 'DISABLED' : 'ENABLED',
      })),
      ...next,
    };
  }),

  ListGroupMemberships: reading('ListGroupMemberships', ['group', 'membership'], (input, context) => {
    const { identityStoreId, groups } = storeIn(input, context);
    const group = groups.find((one) => one.groupId === read.text(input, 'GroupId'));
    if (!group) throw notFound('GROUP');
    const { items, ...next } = page(input, group.members);
    return {
      GroupMemberships: items.map((UserId) => ({
        IdentityStoreId: identityStoreId,
        MembershipId: `m-${group.groupId}-${UserId}`,
        GroupId: group.groupId,
        MemberId: { UserId },
      })),
      ...next,
    };
  }),

  GetGroupId: reading('GetGroupId', ['group'], (input, context) => {
    const { identityStoreId, groups } = storeIn(input, context);
    const { UniqueAttribute } = (input['AlternateIdentifier'] ?? {}) as { UniqueAttribute?: Record<string, unknown> };
    if (UniqueAttribute?.['AttributePath'] !== 'displayName')
      throw new AwsError('ValidationException', 400, 'AlternateIdentifier must name a displayName');
    const group = groups.find((one) => one.displayName === UniqueAttribute['AttributeValue']);
    if (!group) throw notFound('GROUP');
    return { GroupId: group.groupId, IdentityStoreId: identityStoreId };
  }),
};
