/** The kinds of ARN that Hallpass reads: EKS clusters, IAM roles and secrets. An ARN names a thing; it never proves who calls. */

export type ClusterArn = {
  readonly arn: string;
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly name: string;
};
export type RoleArn = {
  readonly arn: string;
  readonly partition: string;
  readonly account: string;
  readonly path: string;
  readonly name: string;
};

// https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateCluster.html: 1–100 of letters, digits, - and _
const CLUSTER =
  /^arn:(aws(?:-[a-z]+)*):eks:([a-z]{2}(?:-[a-z]+)+-\d):(\d{12}):cluster\/([0-9A-Za-z][A-Za-z0-9_-]{0,99})$/;
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html: names of up to 64 of [\w+=,.@-]
const ROLE = /^arn:(aws(?:-[a-z]+)*):iam::(\d{12}):role(\/(?:[!-.0-~]+\/)*)([\w+=,.@-]{1,64})$/;

export function parseClusterArn(text: string): ClusterArn | undefined {
  const found = CLUSTER.exec(text);
  if (!found) return undefined;
  const [arn, partition = '', region = '', account = '', name = ''] = found;
  return { arn, partition, region, account, name };
}

export function parseRoleArn(text: string): RoleArn | undefined {
  const found = ROLE.exec(text);
  if (!found) return undefined;
  const [arn, partition = '', account = '', path = '', name = ''] = found;
  return { arn, partition, account, path, name };
}

export type SecretArn = {
  readonly arn: string;
  readonly partition: string;
  readonly region: string;
  readonly account: string;
};

// https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html: six characters end every secret's ARN
const SECRET =
  /^arn:(aws(?:-[a-z]+)*):secretsmanager:([a-z]{2}(?:-[a-z]+)+-\d):(\d{12}):secret:[\w/+=.@-]{1,512}-\w{6}$/;

/** A whole ARN: without its last six characters, permissions would have to be given on a pattern. */
export function parseSecretArn(text: string): SecretArn | undefined {
  const found = SECRET.exec(text);
  if (!found) return undefined;
  const [arn, partition = '', region = '', account = ''] = found;
  return { arn, partition, region, account };
}
