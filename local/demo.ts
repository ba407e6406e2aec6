/**
 * `npm run demo`: the main job from end to end, over the real protocols, by a clock that lets half an hour pass at once.
 * Exit status 0 only if every step held. With `--stock`, the aws and kubectl on the PATH play their parts.
 */
import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  DescribeAccessEntryCommand,
  EKSClient,
  ListAccessEntriesCommand,
  ListAssociatedAccessPoliciesCommand,
} from '@aws-sdk/client-eks';
import { sha256 } from '../src/aws/runtime.ts';
import { readConfiguration } from '../src/config/read.ts';
import { type Duration, formatDuration, instant, minutes, parseDuration, seconds } from '../src/core/time.ts';
import type { GrantWithTimeline } from '../src/http/schemas.ts';
import { type VirtualClock, virtualClock } from './clock.ts';
import { accessReview, allowed, type ClusterAccess, kubernetes, names, problem } from './demo/kubernetes.ts';
import { enter, hallpass, token } from './demo/people.ts';
import { grantThroughSlack } from './demo/slack.ts';
import { contains, lacks, type Narrator, narrator, StepFailed } from './demo/steps.ts';
import { writeEnvironment } from './world/environment.ts';
import { connectSlack, startLocalSlack, withSimulatedSlack } from './world/slack.ts';
import { startWorld, type World } from './world/world.ts';

const ROOT = new URL('..', import.meta.url).pathname;
const CLUSTER = 'mycluster';
/** How long the simulated cluster takes to learn of a change. */
const PROPAGATION = seconds(2);

type Stage = {
  readonly world: World;
  readonly clock: VirtualClock;
  readonly narrate: Narrator;
  readonly eks: EKSClient;
  readonly region: string;
  readonly stock: boolean;
};

async function play(stock: boolean): Promise<number> {
  process.umask(0o077);
  const started = performance.now();
  const file = readFileSync(join(ROOT, 'hallpass.yaml'), 'utf8');
  const read = readConfiguration(file, { file: 'hallpass.yaml', sha256 });
  if (!read.ok)
    throw new Error(
      `hallpass.yaml has mistakes: ${read.error.map((found) => `${found.line}: ${found.message}`).join('; ')}`,
    );
  const config = withSimulatedSlack(read.value);
  const dataDir = mkdtempSync(join(tmpdir(), 'hallpass-demo-'));
  const clock = virtualClock(instant(Date.now()));
  const narrate = narrator((text) => process.stdout.write(text), process.stdout.isTTY === true);
  const slack = await startLocalSlack({ config, clock });
  const world = await startWorld({ config, clock, dataDir, schedule: false, slackApiUrl: slack.apiUrl });
  if (world.slack) connectSlack(slack, world.slack);
  try {
    const env = writeEnvironment({
      dataDir,
      awsUrl: world.awsUrl,
      apiUrl: world.apiUrl,
      region: config.region,
      profiles: world.profiles,
      bin: join(ROOT, 'bin'),
    });
    enter(sourced(readFileSync(env, 'utf8'), dataDir));
    const operator = world.profiles['operator'];
    if (!operator) throw new Error('there is no operator');
    const stage: Stage = {
      world,
      clock,
      narrate,
      eks: new EKSClient({ endpoint: world.awsUrl, region: config.region, credentials: operator }),
      region: config.region,
      stock,
    };
    await clock.advanceBy(PROPAGATION);
    await grantOfStandingRole(stage);
    await grantOfItsOwnRole(stage);
    await grantThroughSlack({ slack, world, clock, narrate });
    narrate.say(`\n${narrate.steps} steps held, in ${((performance.now() - started) / 1_000).toFixed(1)} s.`);
    return 0;
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    console.error(`\nThe demo failed at: ${error.message}`);
    return 1;
  } finally {
    await world.close();
    await slack.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** The variables that the file exports, without running a shell. */
function sourced(text: string, dataDir: string): Record<string, string> {
  const variables = [...text.matchAll(/^export (\w+)='([^\n]*)'$/gm)].map(([, name = '', value = '']) => [name, value]);
  // Tokens are cached where the person keeps such things; the demo's belong to the demo.
  return { ...Object.fromEntries(variables), XDG_CACHE_HOME: join(dataDir, 'cache') };
}

/** In kubectl's words, or in the API server's. */
const isUnauthorized = (answer: string): string | undefined =>
  /must be logged in|Unauthorized/.test(answer) ? undefined : 'expected to be refused as unauthorized';

/** The article's own case: the role KubernetesAdmin, AmazonEKSClusterAdminPolicy, the whole cluster. */
async function grantOfStandingRole(stage: Stage): Promise<void> {
  const { narrate, world } = stage;
  narrate.chapter('A standing role, admin on the whole cluster, for 30 minutes');
  const role = 'arn:aws:iam::111122223333:role/KubernetesAdmin';
  await listEntries(stage, lacks(role));
  const grant = await ask(stage, 'mycluster-admin', '30m', 'INC-4211: the ingress is down');
  await selfApproval(stage, grant);
  await kubectl(
    stage,
    role,
    'get pods',
    (access) => kubernetes(access, 'GET', '/api/v1/namespaces/default/pods').then(names),
    isUnauthorized,
  );
  await approve(stage, grant, role);
  await adminCommands(stage, role);
  await expire(stage, grant, '30m', role);
  await kubectl(
    stage,
    role,
    'get pods',
    (access) => kubernetes(access, 'GET', '/api/v1/namespaces/default/pods').then(names),
    isUnauthorized,
  );
  await auditTrail(world, stage, grant);
}

/** The same once more with a role of the grant's own, and less access. */
async function grantOfItsOwnRole(stage: Stage): Promise<void> {
  const { narrate, world } = stage;
  narrate.chapter("A role of the grant's own, view of one namespace, for 2 hours");
  const grant = await ask(stage, 'mycluster-view-dev', '2h', 'reading the logs of the greeter');
  const role = grant.principal.arn;
  await approve(stage, grant, role);
  const pods = (namespace: string) => (access: ClusterAccess) =>
    kubernetes(access, 'GET', `/api/v1/namespaces/${namespace}/pods`).then(names);
  await kubectl(stage, role, 'get pods -n dev', pods('dev'), contains('greeter'));
  await kubectl(stage, role, 'get pods -n kube-system', pods('kube-system'), contains('orbidden', grant.id));
  await expire(stage, grant, '2h', role);
  narrate.say('\n… 3m pass; the sweeper looks back and takes the role away, which opens nothing any more …\n');
  await sweep(stage, minutes(3));
  await narrate.step(
    `aws iam list-roles --path-prefix /hallpass/`,
    async () => {
      const { IAMClient, ListRolesCommand } = await import('@aws-sdk/client-iam');
      const iam = new IAMClient({
        endpoint: world.awsUrl,
        region: stage.region,
        credentials: world.profiles['operator'] ?? { accessKeyId: '', secretAccessKey: '' },
      });
      const { Roles = [] } = await iam.send(new ListRolesCommand({ PathPrefix: '/hallpass/' }));
      return Roles.length > 0 ? Roles.map((one) => one.Arn).join('\n') : '(none: the role is gone, too)';
    },
    lacks(role),
  );
  await auditTrail(world, stage, grant);
}

async function ask(stage: Stage, entitlement: string, duration: string, why: string): Promise<GrantWithTimeline> {
  const argv = ['request', entitlement, '--duration', duration, '--justification', why];
  let id = '';
  await stage.narrate.step(
    `AWS_PROFILE=alice hallpass request ${entitlement} --duration ${duration} --justification '${why}'`,
    async () => {
      const { out } = await hallpass('alice', [...argv, '--output', 'json']);
      const grant = JSON.parse(out) as GrantWithTimeline;
      id = grant.id;
      return `${grant.id}  ${grant.state}  ${grant.access.description}\n${grant.remarks.join('\n')}`;
    },
    contains('pending'),
  );
  await stage.clock.advanceBy(seconds(5));
  return show(id);
}

async function show(id: string): Promise<GrantWithTimeline> {
  return JSON.parse((await hallpass('alice', ['grant', id, '--output', 'json'])).out) as GrantWithTimeline;
}

const selfApproval = ({ narrate }: Stage, { id }: GrantWithTimeline): Promise<string> =>
  narrate.step(
    `AWS_PROFILE=alice hallpass approve ${id}`,
    async () => (await hallpass('alice', ['approve', id])).err,
    contains('selfApproval'),
  );

async function approve(stage: Stage, { id }: GrantWithTimeline, principalArn: string): Promise<void> {
  await stage.narrate.step(
    `AWS_PROFILE=bob hallpass approve ${id}`,
    async () => (await hallpass('bob', ['approve', id])).out,
    contains('activating'),
  );
  await stage.clock.advanceBy(PROPAGATION);
  await listEntries(stage, contains(principalArn));
  await stage.narrate.step(
    `aws eks describe-access-entry --cluster-name ${CLUSTER} --principal-arn ${principalArn}`,
    async () => {
      const { accessEntry } = await stage.eks.send(
        new DescribeAccessEntryCommand({ clusterName: CLUSTER, principalArn }),
      );
      return JSON.stringify(
        { accessEntryArn: accessEntry?.accessEntryArn, username: accessEntry?.username, tags: accessEntry?.tags },
        null,
        1,
      );
    },
    contains(id),
  );
  await stage.narrate.step(
    `aws eks list-associated-access-policies --cluster-name ${CLUSTER} --principal-arn ${principalArn}`,
    async () =>
      JSON.stringify(
        (
          await stage.eks.send(new ListAssociatedAccessPoliciesCommand({ clusterName: CLUSTER, principalArn }))
        ).associatedAccessPolicies?.map(({ policyArn, accessScope }) => ({ policyArn, accessScope })),
      ),
    contains('cluster-access-policy/'),
  );
}

const listEntries = ({ narrate, eks }: Stage, expect: (answer: string) => string | undefined): Promise<string> =>
  narrate.step(
    `aws eks list-access-entries --cluster-name ${CLUSTER}`,
    async () =>
      ((await eks.send(new ListAccessEntriesCommand({ clusterName: CLUSTER }))).accessEntries ?? []).join('\n'),
    expect,
  );

/** The article's last page. */
async function adminCommands(stage: Stage, role: string): Promise<void> {
  const secrets = '/api/v1/namespaces/kube-system/secrets';
  const review = (attributes: object) => (access: ClusterAccess) =>
    kubernetes(access, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', accessReview(attributes)).then(
      allowed,
    );
  await kubectl(
    stage,
    role,
    'cluster-info',
    async (access) =>
      (
        await kubernetes(
          access,
          'GET',
          '/api/v1/namespaces/kube-system/services?labelSelector=kubernetes.io%2Fcluster-service%3Dtrue',
        )
      ).status === 200
        ? `Kubernetes control plane is running at ${access.endpoint}`
        : '',
    contains('is running at'),
  );
  await kubectl(
    stage,
    role,
    'auth can-i delete pods -A',
    review({ verb: 'delete', resource: 'pods' }),
    contains('yes'),
  );
  await kubectl(
    stage,
    role,
    'auth can-i get configmap/aws-auth -n kube-system',
    review({ verb: 'get', resource: 'configmaps', name: 'aws-auth', namespace: 'kube-system' }),
    contains('yes'),
  );
  await kubectl(
    stage,
    role,
    'get configmaps -A',
    (access) => kubernetes(access, 'GET', '/api/v1/configmaps').then(names),
    contains('aws-auth'),
  );
  await kubectl(
    stage,
    role,
    'get secrets -A',
    (access) => kubernetes(access, 'GET', '/api/v1/secrets').then(names),
    (answer) => (answer.includes('orbidden') ? 'was forbidden' : undefined),
  );
  const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'testsecret' } };
  await kubectl(
    stage,
    role,
    '-n kube-system create secret generic testsecret',
    async (access) => {
      const { status, body } = await kubernetes(access, 'POST', secrets, secret);
      return status === 201 ? 'secret/testsecret created' : problem(body);
    },
    contains('created'),
  );
  await kubectl(
    stage,
    role,
    '-n kube-system delete secret testsecret',
    async (access) => {
      const { status, body } = await kubernetes(access, 'DELETE', `${secrets}/testsecret`);
      return status === 200 ? 'secret "testsecret" deleted' : problem(body);
    },
    contains('deleted'),
  );
}

/** As Alice: by the demo's own client of the cluster's API, or by the kubectl on the PATH. */
async function kubectl(
  stage: Stage,
  roleArn: string,
  command: string,
  own: (access: ClusterAccess) => Promise<string>,
  expect: (answer: string) => string | undefined,
): Promise<void> {
  const running = stage.world.clusters[CLUSTER];
  if (!running) throw new Error(`the cluster ${CLUSTER} is not running`);
  const access: ClusterAccess = {
    endpoint: running.url,
    certificateAuthorityData: running.certificateAuthorityData,
    token: () => token('alice', CLUSTER, stage.region, roleArn),
  };
  await stage.narrate.step(
    `kubectl ${command}`,
    stage.stock ? () => stockKubectl(stage, roleArn, access, command) : () => own(access),
    expect,
  );
}

const run = promisify(execFile);

async function stockKubectl(
  { region }: Stage,
  roleArn: string,
  access: ClusterAccess,
  command: string,
): Promise<string> {
  process.env['AWS_PROFILE'] = 'alice';
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: CLUSTER,
        cluster: { server: access.endpoint, 'certificate-authority-data': access.certificateAuthorityData },
      },
    ],
    contexts: [{ name: CLUSTER, context: { cluster: CLUSTER, user: 'alice' } }],
    'current-context': CLUSTER,
    users: [
      {
        name: 'alice',
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1beta1',
            command: 'aws',
            args: ['--region', region, 'eks', 'get-token', '--cluster-name', CLUSTER, '--role-arn', roleArn],
            interactiveMode: 'Never',
          },
        },
      },
    ],
  };
  const { writeFileSync } = await import('node:fs');
  writeFileSync(process.env['KUBECONFIG'] ?? '', JSON.stringify(kubeconfig), { mode: 0o600 });
  try {
    const { stdout } = await run('kubectl', command.split(' '));
    return stdout;
  } catch (error) {
    const { stdout = '', stderr = '', code } = error as { stdout?: string; stderr?: string; code?: number | string };
    if (code === 'ENOENT') return 'kubectl is not on the PATH: run the demo without --stock';
    // klog's lines repeat what the last one says.
    return `${stdout}${stderr}`.replace(/^E\d{4} .*\n/gm, '');
  }
}

async function expire(stage: Stage, { id }: GrantWithTimeline, duration: string, principalArn: string): Promise<void> {
  const length = parseDuration(duration) ?? minutes(0);
  stage.narrate.say(`\n… ${formatDuration(length)} pass …\n`);
  await stage.clock.advanceBy(length);
  await stage.clock.advanceBy(PROPAGATION);
  await listEntries(stage, lacks(principalArn));
  const grant = await show(id);
  if (grant.state !== 'ended' || grant.reason !== 'expired') throw new StepFailed(`grant ${id} is ${grant.state}`);
}

/** The every-minute sweep, for what is due by then. */
async function sweep({ world, clock }: Stage, after: Duration): Promise<void> {
  await clock.advanceBy(after);
  await world.functions.invoke('sweeper', {});
}

async function auditTrail(world: World, stage: Stage, { id }: GrantWithTimeline): Promise<void> {
  await world.drain();
  await stage.narrate.step(
    `AWS_PROFILE=alice hallpass grant ${id}`,
    async () => {
      const grant = await show(id);
      return grant.timeline
        .map(
          ({ at, type, actor, detail }) =>
            `${at.slice(11, 19)}  ${type.padEnd(12)} ${actor}${detail ? `  ${detail}` : ''}`,
        )
        .join('\n');
    },
    contains('requested', 'approved', 'armed', 'activated', 'revoking', 'ended'),
  );
}

process.exitCode = await play(process.argv.includes('--stock'));
