/** The permission set through which people come. It is deployed where Identity Center is administered. */
import { CfnParameter, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnAssignment, CfnPermissionSet } from 'aws-cdk-lib/aws-sso';
import type { Construct } from 'constructs';
import { documentOf } from '../src/aws/permission.ts';
import { personPermissions } from '../src/aws/person-policies.ts';
import type { Configuration } from '../src/core/configuration.ts';

export type PeopleStackProps = StackProps & { readonly config: Configuration };

export class PeopleStack extends Stack {
  constructor(scope: Construct, id: string, props: PeopleStackProps) {
    super(scope, id, props);
    const { config } = props;
    const instance = new CfnParameter(this, 'InstanceArn', {
      description: 'aws sso-admin list-instances',
      allowedPattern: 'arn:aws[a-z-]*:sso:::instance/(sso)?ins-[a-zA-Z0-9-.]{16}',
    });
    const group = new CfnParameter(this, 'GroupId', {
      description: 'The group of Identity Center whose members may use Hallpass: aws identitystore list-groups',
    });
    const api = new CfnParameter(this, 'ApiId', {
      description: "The hub's output ApiId; * until there is one (the hub's account has no other API).",
      default: '*',
    });
    const permissionSet = new CfnPermissionSet(this, 'PermissionSet', {
      instanceArn: instance.valueAsString,
      // The role is called AWSReservedSSO_<this>_<16 characters>.
      name: `Hallpass-${config.hub}`,
      description: 'Ask for access to EKS clusters, approve it, use it.',
      sessionDuration: 'PT8H',
      inlinePolicy: documentOf(personPermissions(config, api.valueAsString)),
    });
    new CfnAssignment(this, 'Assignment', {
      instanceArn: instance.valueAsString,
      permissionSetArn: permissionSet.attrPermissionSetArn,
      principalType: 'GROUP',
      principalId: group.valueAsString,
      targetType: 'AWS_ACCOUNT',
      targetId: config.account,
    });
  }
}
