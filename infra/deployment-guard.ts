/**
 * What CloudFormation asks before it takes something away (F6, F34). One guard goes before whatever an update changes,
 * the other before whatever a deletion removes: resources are deleted in the opposite order of their dependencies.
 */
import { CustomResource, Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Configuration } from '../src/core/configuration.ts';
import type { Made } from './lambda.ts';

export type Guarded = {
  readonly config: Configuration;
  readonly guard: Made;
  /** Nothing of this is changed while access could be stranded: what lets the hub reach its clusters. */
  readonly reach: Construct;
};

/** To be called last: the guard against deletion comes before everything that the stack has by then. */
export function guardDeployments(scope: Construct, { config, guard, reach }: Guarded): void {
  // The guard's own function it calls, and so depends on anyway.
  const everythingElse = scope.node.children.filter((child) => child !== guard.fn);
  const update = askGuard(scope, 'UpdateGuard', guard.fn, { Against: 'update', Clusters: reachOf(config) });
  reach.node.addDependency(update);
  askGuard(scope, 'DeletionGuard', guard.fn, { Against: 'deletion' }).node.addDependency(...everythingElse, update);
}

/** `<cluster ARN> <executor ARN>`: claims keep the executor that they were made with. */
const reachOf = ({ clusters }: Configuration): string[] =>
  Object.values(clusters)
    .map(({ arn, executor }) => `${arn} ${executor}`)
    .sort();

/** In an account with clusters: its reaper is asked before anything of the stack is deleted. To be called last, too. */
export function guardLeaving(scope: Construct, { fn }: Made): void {
  const everythingElse = scope.node.children.filter((child) => child !== fn);
  askGuard(scope, 'DeletionGuard', fn, { Against: 'deletion' }).node.addDependency(...everythingElse);
}

const askGuard = (scope: Construct, id: string, fn: Made['fn'], properties: Record<string, unknown>): CustomResource =>
  new CustomResource(scope, id, {
    resourceType: 'Custom::HallpassGuard',
    serviceToken: fn.functionArn,
    serviceTimeout: Duration.minutes(3),
    properties,
  });
