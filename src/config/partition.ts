/**
 * Which partition of AWS a region is in: ARNs of one partition mean nothing in another.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
 */
const REGION = /^[a-z]{2,4}(?:-[a-z]+)+-\d$/;
const PARTITIONS = [
  ['cn-', 'aws-cn'],
  ['us-gov-', 'aws-us-gov'],
  ['us-iso-', 'aws-iso'],
  ['us-isob-', 'aws-iso-b'],
  ['us-isof-', 'aws-iso-f'],
  ['eu-isoe-', 'aws-iso-e'],
  ['eusc-', 'aws-eusc'],
] as const;

/** Undefined for what is no region's name. */
export function partitionOf(region: string): string | undefined {
  if (!REGION.test(region)) return undefined;
  return PARTITIONS.find(([prefix]) => region.startsWith(prefix))?.[1] ?? 'aws';
}
