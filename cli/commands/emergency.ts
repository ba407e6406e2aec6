/**
 * `hallpass emergency`: access with the hub down. No API is called: only AWS, with credentials of the caller's own that
 * may become the emergency role of the cluster's account. The reaper ends it, and the hub takes it onto its record when
 * it is back.
 */
import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { ACCESS_POLICIES, isDnsLabel } from '../../src/core/access.ts';
import { GRANT_ID_RANDOM_BYTES, grantId } from '../../src/core/id.ts';
import { formatDuration, hours, instant, parseDuration, plus, toIso } from '../../src/core/time.ts';
import type { EmergencyEntry } from '../aws/emergency.ts';
import { Failure } from '../failure.ts';
import { type Commands, type Session, say } from '../session.ts';
import { facts } from '../terminal/table.ts';
import { visibleJson } from '../terminal/visible.ts';
import { moment } from '../views/moment.ts';

type EmergencyOptions = {
  hub: string;
  role: string;
  policy: string;
  namespace?: string[];
  duration: string;
  person: string;
  assumeRole?: string;
};

const LONGEST = hours(4);
const HUB = /^[a-z][a-z0-9-]{0,22}[a-z0-9]$/;
const ROLE = /^arn:aws[a-z-]*:iam::\d{12}:role\/.+$/;
const PERSON = /^[\w+=,.@:/-]{1,128}$/;
const CLUSTER = /^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/;

const append = (value: string, before: string[] = []): string[] => [...before, value];

export const addEmergencyCommand: Commands = (program, sessionOf) => {
  program
    .command('emergency')
    .description('access with the hub down, by AWS credentials of your own; the reaper ends it')
    .argument('<cluster>', "the cluster's name in EKS")
    .requiredOption('--hub <id>', 'the id of the installation (hub in hallpass.yaml)')
    .requiredOption('--role <arn>', 'the standing role that an entitlement offers by break-glass')
    .requiredOption('--policy <name>', 'the EKS access policy that this entitlement gives')
    .requiredOption('--person <id>', 'who you are, for the review')
    .option('-n, --namespace <name>', 'only in this namespace; may be repeated', append)
    .option('-d, --duration <length>', 'at most 4h', '1h')
    .option('--assume-role <arn>', 'become this role first: hallpass-<hub>-emergency in the cluster’s account')
    .addHelpText(
      'after',
      `\nExample:\n  ${program.name()} emergency prod --region eu-west-1 --profile break-glass --hub main --person alice \\\n    --role arn:aws:iam::444455556666:role/KubernetesAdmin --policy AmazonEKSClusterAdminPolicy \\\n    --assume-role arn:aws:iam::444455556666:role/hallpass-main-emergency\n\nWith the hub up: ${program.name()} break-glass`,
    )
    .action(async (cluster: string, options: EmergencyOptions, command: Command) =>
      emergency(sessionOf(command), cluster, options),
    );
};

async function emergency(session: Session, cluster: string, options: EmergencyOptions): Promise<void> {
  check(cluster, options);
  const { makeEmergencyEntry } = await import('../aws/emergency.ts');
  const now = instant(session.io.now());
  const made = await makeEmergencyEntry(session.io, session.options, {
    id: grantId(now, randomBytes(GRANT_ID_RANDOM_BYTES)),
    cluster,
    hub: options.hub,
    role: options.role,
    policy: options.policy,
    namespaces: options.namespace ?? [],
    person: options.person,
    expiresAt: plus(now, durationOf(options)),
    ...(options.assumeRole !== undefined && { assumeRole: options.assumeRole }),
  });
  session.io.stdout.write(session.options.output === 'json' ? `${visibleJson(made)}\n` : details(made));
  say(session, guide(made));
}

function check(cluster: string, options: EmergencyOptions): void {
  const { hub, role, person, assumeRole, policy, namespace = [] } = options;
  const wrong = (what: string, given: string, right: string): Failure =>
    new Failure('usage', `${what} "${given}" is not ${right}.`);
  if (!CLUSTER.test(cluster)) throw wrong('The cluster', cluster, "a cluster's name in EKS");
  if (!HUB.test(hub)) throw wrong('--hub', hub, 'the id of an installation');
  if (!ROLE.test(role)) throw wrong('--role', role, 'the ARN of an IAM role');
  if (assumeRole !== undefined && !ROLE.test(assumeRole))
    throw wrong('--assume-role', assumeRole, 'the ARN of an IAM role');
  // AWS would say so only after the entry was made.
  if (!(ACCESS_POLICIES as readonly string[]).includes(policy))
    throw new Failure(
      'usage',
      `--policy "${policy}" is not an access policy for people; there are: ${ACCESS_POLICIES.join(', ')}.`,
    );
  const strange = namespace.find((name) => !isDnsLabel(name));
  if (strange !== undefined) throw wrong('--namespace', strange, "a namespace's name; patterns are not taken here");
  if (!PERSON.test(person)) throw wrong('--person', person, 'an id or an address, of letters, digits and _.:/=+-@');
}

function durationOf({ duration }: EmergencyOptions): typeof LONGEST {
  const length = parseDuration(duration);
  if (length === undefined)
    throw new Failure('usage', `"${duration}" is not a duration. Write it like 45m, 2h or 1h30m.`);
  if (length > LONGEST) throw new Failure('usage', `${duration} is too long; at most ${formatDuration(LONGEST)}.`);
  return length;
}

const details = ({ id, cluster, principalArn, entryArn, policyArn, expiresAt, person }: EmergencyEntry): string =>
  facts([
    ['Emergency', `emergency-${id}`],
    ['Cluster', cluster.arn],
    ['Role', principalArn],
    ['Access', policyArn],
    ['Access entry', entryArn],
    ['Person', person],
    ['Access ends', moment(toIso(expiresAt))],
  ]);

const guide = ({ cluster, principalArn, expiresAt }: EmergencyEntry): string =>
  `The access is there, for everybody who can assume ${principalArn}.
To use it:
  aws eks update-kubeconfig --name ${cluster.name} --region ${cluster.region} --role-arn ${principalArn}
The reaper ends it within 15 minutes after ${moment(toIso(expiresAt))}. To end it yourself, with rights of your own:
  aws eks delete-access-entry --cluster-name ${cluster.name} --region ${cluster.region} --principal-arn ${principalArn}
It will have to be reviewed: tell the reviewers, and keep this output.`;
