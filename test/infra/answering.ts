/** CloudFormation as a custom resource sees it: an event, and an address that takes the answer. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestWorld } from '../life/harness.ts';

export type Answer = { readonly Status: 'SUCCESS' | 'FAILED'; readonly Reason?: string } & Record<string, string>;
export type Asked = {
  readonly RequestType: 'Create' | 'Update' | 'Delete';
  readonly ResourceProperties: unknown;
};

/** Asks a guard, the hub's if it is not another, and answers what CloudFormation was told. */
export async function askGuard(world: TestWorld, asked: Asked, name = 'guard'): Promise<Answer> {
  let told = '';
  const server = createServer((request, response) => {
    request.on('data', (text) => {
      told += text;
    });
    request.on('end', () => response.end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    const ResponseURL = `http://127.0.0.1:${(server.address() as AddressInfo).port}/?X-Amz-Signature=abc`;
    const invoked = await world.functions.invoke(name, {
      ...{ ResponseURL, StackId: 'arn:stack', RequestId: 'r-1', LogicalResourceId: 'UpdateGuard' },
      ...asked,
    });
    if (!invoked.ok) throw new Error(`${invoked.errorType}: ${invoked.errorMessage}`);
    return JSON.parse(told);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

const CLUSTER = 'arn:aws:eks:eu-west-1:111122223333:cluster/mycluster';
const EXECUTOR = 'arn:aws:iam::111122223333:role/hallpass-executor';

export const deploying = (...Clusters: readonly string[]): Asked => ({
  RequestType: 'Update',
  ResourceProperties: { Against: 'update', Clusters },
});
export const KEPT = deploying(`${CLUSTER} ${EXECUTOR}`);
export const DROPPED = deploying(
  'arn:aws:eks:eu-west-1:111122223333:cluster/other arn:aws:iam::111122223333:role/other',
);
export const OTHER_EXECUTOR = deploying(`${CLUSTER} ${EXECUTOR}-2`);
export const DELETED: Asked = { RequestType: 'Delete', ResourceProperties: { Against: 'deletion' } };
