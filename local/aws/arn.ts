/** Amazon Resource Names, and which partition a region lies in. */

export type Arn = { partition: string; service: string; region: string; account: string; resource: string };

const ARN = /^arn:([^:]+):([^:]+):([^:]*):([^:]*):(.+)$/s;

export function parseArn(text: string): Arn | undefined {
  const found = ARN.exec(text);
  if (!found) return undefined;
  const [, partition = '', service = '', region = '', account = '', resource = ''] = found;
  return { partition, service, region, account, resource };
}

export function partitionOf(region: string): string {
  if (region.startsWith('cn-')) return 'aws-cn';
  return region.startsWith('us-gov-') ? 'aws-us-gov' : 'aws';
}

/** `arn:aws:iam::111122223333:role/path/NAME` taken apart; undefined for anything but a role or user of IAM. */
export function parsePrincipalArn(
  text: string,
): { partition: string; account: string; kind: 'role' | 'user'; path: string; name: string } | undefined {
  const found = /^arn:([a-z-]+):iam::(\d{12}):(role|user)(\/(?:.*\/)?)([\w+=,.@-]+)$/.exec(text);
  if (!found) return undefined;
  const [, partition = '', account = '', kind, path = '', name = ''] = found;
  return { partition, account, kind: kind === 'role' ? 'role' : 'user', path, name };
}

/** The role and session of `arn:aws:sts::111122223333:assumed-role/NAME/SESSION`, or undefined. */
export function parseSessionArn(text: string): { account: string; role: string; session: string } | undefined {
  const found = /^arn:[a-z-]+:sts::(\d{12}):assumed-role\/([\w+=,.@-]+)\/([\w+=,.@-]+)$/.exec(text);
  if (!found) return undefined;
  const [, account = '', role = '', session = ''] = found;
  return { account, role, session };
}
