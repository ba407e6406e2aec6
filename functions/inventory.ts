/** Every hour: says what EKS and IAM show that the record does not, and the other way round. It changes nothing. */
import { inventoryWiring } from '../src/aws/inventory-deps.ts';
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { takeInventory } from '../src/broker/inventory.ts';

export const build: Build<unknown> = (runtime) => {
  const wiring = inventoryWiring(runtime);
  return (_event, context) => invocationOf(runtime, context, (invocation) => takeInventory(wiring(invocation)));
};

export const handler = lambda(build);
