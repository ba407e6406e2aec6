/** Roles by their path, whoever remembers them. */
import { type IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { type Invocation, send } from './calls.ts';

export async function rolesUnder(
  client: IAMClient,
  invocation: Invocation,
  PathPrefix: string,
): Promise<readonly string[]> {
  const arns: string[] = [];
  for (let Marker: string | undefined; ; ) {
    const command = new ListRolesCommand({ PathPrefix, ...(Marker && { Marker }) });
    const page = await send(invocation, (options) => client.send(command, options));
    arns.push(...(page.Roles ?? []).flatMap((role) => role.Arn ?? []));
    Marker = page.IsTruncated ? page.Marker : undefined;
    if (!Marker) return arns;
  }
}
