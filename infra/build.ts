/** From a configuration to the stacks of one installation. */

import type { Stack } from 'aws-cdk-lib';
import { type App, Tags } from 'aws-cdk-lib';
import { clusterAccounts, type HubNames, homeRegion, hubNames } from '../src/aws/deployment.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { plainCode } from './bundle.ts';
import { checkDeployable } from './check.ts';
import { ClusterStack } from './cluster-stack.ts';
import { DataStack } from './data-stack.ts';
import { HubStack } from './hub-stack.ts';
import { PeopleStack } from './people-stack.ts';
import type { Settings } from './settings.ts';

export type Stacks = {
  readonly data?: DataStack;
  readonly hub: HubStack;
  readonly people: PeopleStack;
  /** By account. */
  readonly clusters: Readonly<Record<string, ClusterStack>>;
};

export type BuildOptions = Omit<Settings, 'config'> & {
  /** A folder for what is put together on the way. */
  readonly staging: string;
  readonly names?: HubNames;
};

/** Throws `CannotDeploy`. */
export function buildStacks(app: App, config: Configuration, options: BuildOptions): Stacks {
  checkDeployable(config);
  const { bundles, staging, alarmEmail, organization, table, reservedConcurrency } = options;
  const env = { account: config.account, region: config.region };
  const watched = alarmEmail === undefined ? {} : { alarmEmail };
  const names: HubNames = { ...(options.names ?? hubNames(config)), ...(table && { table: table.name }) };
  const id = `hallpass-${config.hub}`;
  const data = table ? undefined : new DataStack(app, `${id}-data`, { env, tableName: names.table });
  const hub = new HubStack(app, id, {
    env,
    config,
    names,
    streamArn: table?.streamArn ?? data?.streamArn ?? '',
    bundles,
    staging,
    ...watched,
    ...(reservedConcurrency !== undefined && { reservedConcurrency }),
  });
  const people = new PeopleStack(app, `${id}-people`, { config });
  const clusters = Object.fromEntries(
    clusterAccounts(config).map((account) => [
      account,
      new ClusterStack(app, `${id}-clusters-${account}`, {
        env: { account, region: homeRegion(config, account) },
        config,
        clusterAccount: account,
        worker: names.worker,
        reaperCode: () => plainCode(bundles, 'reaper'),
        ...watched,
        ...(organization !== undefined && { organization }),
      }),
    ]),
  );
  const stacks: Stack[] = [...(data ? [data] : []), hub, people, ...Object.values(clusters)];
  for (const stack of stacks) tag(stack, config);
  return { ...(data && { data }), hub, people, clusters };
}

/** Dashboards took no tags until lately, and not yet in every region. */
const UNTAGGED = ['AWS::CloudWatch::Dashboard'];

export const tag = (stack: Stack, { hub }: Configuration): void =>
  Tags.of(stack).add('hallpass:installation', hub, { excludeResourceTypes: UNTAGGED });
