/** A role exactly as its permissions say: nothing that CDK would add by itself. */
import { Validations } from 'aws-cdk-lib';
import { CfnRole, type IRole, Role } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { documentOf, type Permission, type PolicyDocument, trustOf } from '../src/aws/permission.ts';

export type RoleProps = {
  readonly name: string;
  readonly path?: string;
  readonly trust: PolicyDocument;
  readonly description: string;
  readonly permissions: readonly Permission[];
};

export function makeRole(
  scope: Construct,
  id: string,
  { name, path, trust, description, permissions }: RoleProps,
): IRole {
  const role = new CfnRole(scope, `${id}Role`, {
    roleName: name,
    ...(path !== undefined && { path }),
    description,
    assumeRolePolicyDocument: trust,
    policies: [{ policyName: 'Hallpass', policyDocument: documentOf(permissions) }],
  });
  acknowledgeWildcards(role, permissions);
  // Not mutable: a grant() somewhere would be a permission that nobody wrote down.
  return Role.fromRoleArn(scope, id, role.attrArn, { mutable: false });
}

/** Each wildcard has its reason where the permission is: cdk-nag is given that one, and stops at any other. */
function acknowledgeWildcards(role: CfnRole, permissions: readonly Permission[]): void {
  const reasons = new Map<string, string>();
  for (const { resources, why } of permissions)
    for (const resource of resources)
      if (resource.includes('*')) reasons.set(resource, `${reasons.get(resource) ?? ''} ${why}`.trim());
  for (const [resource, reason] of reasons)
    Validations.of(role).acknowledge({ id: `AwsSolutions-IAM5[Resource::${resource}]`, reason });
}

export const LAMBDA = trustOf({ Service: 'lambda.amazonaws.com' });

/** A service that acts for this account only, and not for somebody else's resources. */
export const serviceTrust = (service: string, account: string): PolicyDocument =>
  trustOf({ Service: service }, { StringEquals: { 'aws:SourceAccount': account } });
