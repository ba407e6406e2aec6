/** Simulated IAM: the operations on roles that Hallpass and the article's commands call, and GetUser. */
import { type Duration, toIso } from '../../../src/core/time.ts';
import { AwsError, type Context, type Input, type Operations } from '../../aws-service.ts';
import { partitionOf } from '../arn.ts';
import { principalOf } from '../principal.ts';
import { type Randomness, systemRandomness } from '../randomness.ts';
import { tagKeys } from './access.ts';
import { read } from './checks.ts';
import { rolePolicyOperations } from './role-policies.ts';
import { roleOperations } from './roles.ts';
import { findById, findUser, type User } from './store.ts';

/** `visibleAfter`: for how long other services do not know a new role (default: they know at once). */
export function iamService(options: { random?: Randomness; visibleAfter?: Duration } = {}): Operations {
  return {
    ...roleOperations(options.random ?? systemRandomness, options.visibleAfter),
    ...rolePolicyOperations,
    GetUser: {
      write: false,
      authorize: (input, context) => {
        const user = userAskedFor(input, context);
        const name = read.optionalText(input, 'UserName') ?? '*';
        return {
          action: 'iam:GetUser',
          resource: user?.arn ?? `arn:${partitionOf(context.region)}:iam::${context.caller.account}:user/${name}`,
          ...(user && { conditionKeys: tagKeys('aws:ResourceTag', user.tags) }),
        };
      },
      run: (input, context) => {
        const user = userAskedFor(input, context);
        if (user) return { User: shownUser(user) };
        const name = read.optionalText(input, 'UserName');
        if (name !== undefined) throw new AwsError('NoSuchEntity', 404, `The user with name ${name} cannot be found.`);
        throw new AwsError('ValidationError', 400, 'Must specify userName when calling with non-User credentials');
      },
    },
  };
}

function userAskedFor(input: Input, { storage, caller }: Context): User | undefined {
  const name = read.optionalText(input, 'UserName');
  if (name !== undefined) return findUser(storage, caller.account, name);
  const found = findById(storage, principalOf(storage, caller).principalId);
  return found?.kind === 'user' ? found.principal : undefined;
}

function shownUser(user: User): Record<string, unknown> {
  return {
    Path: user.path,
    UserName: user.name,
    UserId: user.id,
    Arn: user.arn,
    CreateDate: `${toIso(user.createdAt).slice(0, 19)}Z`,
    Tags: user.tags.length > 0 ? user.tags : undefined,
  };
}
