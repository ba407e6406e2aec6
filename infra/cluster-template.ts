/**
 * The cluster-account stack without CDK's bootstrap: one CloudFormation template that any tool can deploy. The reaper's
 * code comes from a bucket that is named when it is deployed.
 */
import { App, BootstraplessSynthesizer, CfnParameter, type IStackSynthesizer } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code } from 'aws-cdk-lib/aws-lambda';
import { homeRegion, hubNames } from '../src/aws/deployment.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { tag } from './build.ts';
import { checkDeployable } from './check.ts';
import { ClusterStack } from './cluster-stack.ts';
import { CannotDeploy } from './settings.ts';

export type ClusterTemplateOptions = { readonly organization?: string };

/** JSON text. Throws `CannotDeploy`, also for an account that has no cluster. */
export function clusterTemplate(config: Configuration, account: string, options: ClusterTemplateOptions = {}): string {
  checkDeployable(config);
  checkHasClusters(config, account);
  const app = new App({ analyticsReporting: false });
  const stack = new ClusterStack(app, 'cluster-account', {
    synthesizer: new BootstraplessSynthesizer() as IStackSynthesizer,
    env: { account, region: homeRegion(config, account) },
    description: `Hallpass ${config.hub}: what the account ${account} needs for its clusters.`,
    config,
    clusterAccount: account,
    worker: hubNames(config).worker,
    reaperCode: (scope) =>
      Code.fromCfnParameters({
        bucketNameParam: new CfnParameter(scope, 'CodeBucket', { description: 'A bucket in this region.' }),
        objectKeyParam: new CfnParameter(scope, 'CodeKey', { description: 'A zip of dist/functions/reaper in it.' }),
      }),
    ...options,
  });
  tag(stack, config);
  return `${JSON.stringify(Template.fromStack(stack).toJSON(), null, 2)}\n`;
}

export function checkHasClusters(config: Configuration, account: string): void {
  const accounts = [...new Set(Object.values(config.clusters).map((cluster) => cluster.account))];
  if (!accounts.includes(account))
    throw new CannotDeploy(
      `No cluster of this configuration is in account ${account}; there are ${accounts.join(', ')}.`,
    );
}
