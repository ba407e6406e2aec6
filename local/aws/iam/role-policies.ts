/** Inline policies of roles; managed ones are never attached here, so those lists are empty. */
import { AwsError, type Operations } from '../../aws-service.ts';
import { onRole } from './access.ts';
import { limitExceeded, policyLength, read, readPolicy, readPolicyName } from './checks.ts';
import { findRoleOfCaller, page } from './roles.ts';
import { putRole } from './store.ts';

const LONGEST_INLINE = 10_240;

const noSuchPolicy = (name: string): AwsError =>
  new AwsError('NoSuchEntity', 404, `The role policy with name ${name} cannot be found.`);

export const rolePolicyOperations: Operations = {
  PutRolePolicy: {
    write: true,
    authorize: onRole('PutRolePolicy'),
    run: (input, context) =>
      context.storage.transaction(() => {
        const name = readPolicyName(input);
        const text = read.text(input, 'PolicyDocument');
        readPolicy(text, 'identity');
        const role = findRoleOfCaller(input, context);
        const policies = { ...role.policies, [name]: text };
        const length = Object.values(policies).reduce((sum, each) => sum + policyLength(each), 0);
        if (length > LONGEST_INLINE) {
          throw limitExceeded(`Maximum policy size of ${LONGEST_INLINE} bytes exceeded for role ${role.name}`);
        }
        putRole(context.storage, { ...role, policies });
      }),
  },
  GetRolePolicy: {
    write: false,
    authorize: onRole('GetRolePolicy'),
    run: (input, context) => {
      const name = readPolicyName(input);
      const role = findRoleOfCaller(input, context);
      const text = Object.hasOwn(role.policies, name) ? role.policies[name] : undefined;
      if (text === undefined) throw noSuchPolicy(name);
      return { RoleName: role.name, PolicyName: name, PolicyDocument: encodeURIComponent(text) };
    },
  },
  DeleteRolePolicy: {
    write: true,
    authorize: onRole('DeleteRolePolicy'),
    run: (input, context) =>
      context.storage.transaction(() => {
        const name = readPolicyName(input);
        const role = findRoleOfCaller(input, context);
        if (!Object.hasOwn(role.policies, name)) throw noSuchPolicy(name);
        const { [name]: _removed, ...policies } = role.policies;
        putRole(context.storage, { ...role, policies });
      }),
  },
  ListRolePolicies: {
    write: false,
    authorize: onRole('ListRolePolicies'),
    run: (input, context) =>
      page(input, 'PolicyNames', Object.keys(findRoleOfCaller(input, context).policies), (name) => name),
  },
  ListAttachedRolePolicies: {
    write: false,
    authorize: onRole('ListAttachedRolePolicies'),
    run: (input, context) => {
      findRoleOfCaller(input, context);
      return page(input, 'AttachedPolicies', [] as { PolicyName: string }[], (policy) => policy.PolicyName);
    },
  },
};
