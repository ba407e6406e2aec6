/**
 * What local mode implements of AWS: one list, read off the service tables themselves. Everything else is answered 501
 * naming the operation. DynamoDB is not in it: its requests go on to an engine of its own.
 */
import type { Duration } from '../../src/core/time.ts';
import type { Operations } from '../aws-service.ts';
import { cloudTrailOperations, recorded } from './cloudtrail.ts';
import { eksService } from './eks/service.ts';
import { type EventBus, eventBus } from './events.ts';
import { iamService } from './iam/service.ts';
import { identityStoreOperations } from './identitystore.ts';
import { lambdaOperations } from './lambda.ts';
import type { Randomness } from './randomness.ts';
import { secretOperations } from './secrets.ts';
import { type Queues, simulatedQueues } from './sqs.ts';
import { stsService } from './sts.ts';
import type { ServiceName } from './wire/services.ts';

export type Services = Readonly<Partial<Record<Exclude<ServiceName, 'dynamodb'>, Operations>>>;

export type ServiceOptions = {
  random?: Randomness;
  /** How long a new role (IAM) or access entry (EKS) stays unseen by others, and a call by CloudTrail. */
  delays?: { iam?: Duration; eks?: Duration; cloudtrail?: Duration };
  events?: EventBus;
  queues?: Queues;
};

/** The services that are simulated in this folder; Step Functions is added by who runs state machines. */
export function simulatedServices({ random, delays, events, queues }: ServiceOptions = {}) {
  const source = random && { random };
  return {
    eks: recorded(
      'eks.amazonaws.com',
      eksService({ ...source, ...(delays?.eks !== undefined && { visibleAfter: delays.eks }) }),
    ),
    cloudtrail: cloudTrailOperations(delays?.cloudtrail),
    iam: iamService({ ...source, ...(delays?.iam !== undefined && { visibleAfter: delays.iam }) }),
    sts: stsService({ ...source }),
    events: (events ?? eventBus({ ...source })).operations,
    lambda: lambdaOperations,
    secretsmanager: secretOperations,
    sqs: (queues ?? simulatedQueues({ names: [], ...source })).operations,
    identitystore: identityStoreOperations,
  } satisfies Services;
}

/** `eks:CreateAccessEntry` and so on, in order. */
export function implementedOperations(services: Services): string[] {
  return Object.entries(services)
    .flatMap(([service, operations]) => Object.keys(operations).map((name) => `${service}:${name}`))
    .sort();
}
