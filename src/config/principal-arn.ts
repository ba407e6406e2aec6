/** ARNs of IAM roles and users in a configuration, each with what would be right. */
import { parseRoleArn, type RoleArn } from '../core/arn.ts';
import type { Context } from './context.ts';
import type { Path } from './finding.ts';
import { partitionOf } from './partition.ts';
import { quote } from './printable.ts';

/** Under this path lie the roles that Hallpass makes and deletes: nothing that it is configured with may. */
const OWN_PATH = '/hallpass/';

/** Reads a role's ARN and reports what is wrong with it; undefined if it cannot be read. */
export function checkRoleArn(path: Path, arn: string, context: Context): RoleArn | undefined {
  const role = parseRoleArn(arn);
  if (!role) {
    const hint = /:assumed-role\//.test(arn) ? 'is a session; name its role' : "is not an IAM role's ARN; write it";
    context.report(path, `${quote(arn)} ${hint} like arn:aws:iam::111122223333:role/NAME`);
    return undefined;
  }
  checkPartition(path, role.partition, context);
  return role;
}

export function checkNotOwnPath(path: Path, role: RoleArn | undefined, context: Context): void {
  if (role?.path.toLowerCase().startsWith(OWN_PATH))
    context.report(
      path,
      `${quote(role.arn)} lies under ${OWN_PATH}, where Hallpass makes and deletes roles; use a role elsewhere`,
    );
}

/**
 * Reports what names nobody in particular. The account itself (`:root`) stands for everyone in it with sts:AssumeRole:
 * no message could say whom the access opens to.
 */
export function checkAssumer(path: Path, arn: string, context: Context): void {
  // Names and paths of users are made of the same characters as those of roles.
  const principal = parseRoleArn(arn.replace(/^(arn:[a-z-]+:iam::\d{12}:)user\//, '$1role/'));
  if (principal) {
    checkPartition(path, principal.partition, context);
    return;
  }
  const why = /^(?:\*|\d{12}|arn:[a-z-]+:iam::\d{12}:root)$/.test(arn)
    ? 'stands for more people than can be named'
    : 'is not the ARN of a role or user';
  context.report(path, `${quote(arn)} ${why}; list roles and users, like arn:aws:iam::111122223333:role/NAME`);
}

export function checkPartition(path: Path, partition: string, { draft, report }: Context): void {
  const own = draft.region === undefined ? undefined : partitionOf(draft.region);
  if (own !== undefined && partition !== own)
    report(path, `this ARN is of the partition "${partition}", but the hub's region ${draft.region} is in "${own}"`);
}
