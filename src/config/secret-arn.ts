/** References to secrets: in the hub's own account and region, whole. The values are nowhere near a configuration. */
import { parseSecretArn } from '../core/arn.ts';
import type { Context } from './context.ts';
import type { Path } from './finding.ts';
import { checkPartition } from './principal-arn.ts';
import { quote } from './printable.ts';

/** What is no ARN may be the secret itself, pasted by mistake: it is not repeated in the message. */
export function checkSecretArn(path: Path, arn: string, context: Context): void {
  const { account, region } = context.draft;
  const secret = parseSecretArn(arn);
  if (!secret) {
    const what = arn.startsWith('arn:') ? `${quote(arn)} is not the whole ARN of a secret` : 'this is not an ARN';
    context.report(
      path,
      `${what}; put the value into AWS Secrets Manager and name it here like arn:aws:secretsmanager:${region ?? 'eu-west-1'}:${account ?? '111122223333'}:secret:NAME-AbCdEf`,
    );
    return;
  }
  checkPartition(path, secret.partition, context);
  if (account !== undefined && secret.account !== account)
    context.report(path, `this secret is in account ${secret.account}; it has to be in the hub's, ${account}`);
  if (region !== undefined && secret.region !== region)
    context.report(path, `this secret is in ${secret.region}; it has to be in the hub's region, ${region}`);
}
