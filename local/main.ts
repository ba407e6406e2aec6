/** `npm start`: the whole system on loopback, for people to use with `hallpass`, curl, `aws` and kubectl. */
import { accessSync, appendFileSync, constants, mkdirSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readConfigurationAt } from '../src/aws/configuration-files.ts';
import { LOOPBACK_ISSUER } from '../src/config/check-oidc.ts';
import type { Configuration } from '../src/core/configuration.ts';
import { seedIdentityStore } from './aws/identitystore.ts';
import { systemClock } from './clock.ts';
import type { Slack } from './slack/slack.ts';
import { writeEnvironment } from './world/environment.ts';
import { connectSlack, startLocalSlack, withSimulatedSlack } from './world/slack.ts';
import { startWorld, type World } from './world/world.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

const USAGE = `Usage: npm start -- [--data DIR] [--port N] [--aws-port N] [--slack-port N] [--config PATH]

Starts Hallpass on this machine, with simulated AWS services and clusters.

  --data DIR       where its state is kept, and DIR/env to be sourced   (.hallpass)
  --port N         port of the HTTP API; 0 picks a free one             (4010)
  --web-port N     port of the API for tokens, if the file has identities.oidc (4011)
  --aws-port N     port of the AWS endpoint; 0 picks a free one         (4566)
  --slack-port N   port of the simulated Slack; 0 picks a free one      (4020)
  --config PATH    the configuration: a file, or a folder of *.yaml     (hallpass.yaml)
  --help           this text

Examples:
  npm start
  npm start -- --data /tmp/try --port 0 --aws-port 0 --slack-port 0
`;

/** Something that the person who typed the command can put right. */
class Refused extends Error {}

type Settings = {
  readonly data: string;
  readonly port: number;
  readonly webPort: number;
  readonly awsPort: number;
  readonly slackPort: number;
  readonly config: string;
};

function settings(args: string[]): Settings | 'help' {
  try {
    const { values } = parseArgs({
      args,
      options: {
        data: { type: 'string', default: join(ROOT, '.hallpass') },
        port: { type: 'string', default: '4010' },
        'web-port': { type: 'string', default: '4011' },
        'aws-port': { type: 'string', default: '4566' },
        'slack-port': { type: 'string', default: '4020' },
        config: { type: 'string', default: join(ROOT, 'hallpass.yaml') },
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return 'help';
    return {
      data: resolve(values.data),
      port: port('--port', values.port),
      webPort: port('--web-port', values['web-port']),
      awsPort: port('--aws-port', values['aws-port']),
      slackPort: port('--slack-port', values['slack-port']),
      config: resolve(values.config),
    };
  } catch (error) {
    throw error instanceof Refused
      ? error
      : new Refused(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
  }
}

function port(option: string, text: string): number {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number > 65_535)
    throw new Refused(`${option} takes a port from 0 to 65535, not "${text}"`);
  return number;
}

function configuration(path: string): Configuration {
  const read = readConfigurationAt(path);
  if (!read.ok) throw new Refused(`the configuration has mistakes; nothing was started\n\n${read.error}`);
  return read.value.configuration;
}

/** Everything in it is for its owner alone: keys, tokens, the table. */
function makeFolder(data: string): void {
  process.umask(0o077);
  try {
    mkdirSync(data, { recursive: true, mode: 0o700 });
    accessSync(data, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new Refused(
      `the data folder ${data} cannot be used: ${error instanceof Error ? error.message : error}; choose another with --data`,
    );
  }
}

async function start({ data, port: apiPort, webPort, awsPort, slackPort, config: path }: Settings): Promise<void> {
  const config = withSimulatedSlack(configuration(path));
  makeFolder(data);
  const logFile = join(data, 'functions.log');
  const auditFile = join(data, 'audit.log');
  const explain = (error: unknown) => Promise.reject(explained(error));
  const slack = await startLocalSlack({ config, clock: systemClock, dataDir: data, port: slackPort }).catch(explain);
  const world = await startWorld({
    config,
    clock: systemClock,
    slackApiUrl: slack.apiUrl,
    dataDir: data,
    apiPort,
    webPort,
    awsPort,
    log: (line) => appendFileSync(logFile, `${line}\n`, { mode: 0o600 }),
    audit: (event) => appendFileSync(auditFile, `${JSON.stringify(event)}\n`, { mode: 0o600 }),
  }).catch(async (error: unknown) => {
    await slack.close();
    return explain(error);
  });
  if (world.slack) connectSlack(slack, world.slack);
  seedDirectory(world, config);
  const issuer = await issuerFor(config);
  const env = writeEnvironment({
    dataDir: data,
    awsUrl: world.awsUrl,
    apiUrl: world.apiUrl,
    region: config.region,
    profiles: world.profiles,
    bin: join(ROOT, 'bin'),
  });
  console.log(welcome(world, slack, config, env, logFile, auditFile));
  console.log(`ready ${world.apiUrl}`);
  await stopped();
  await issuer?.close();
  await world.close();
  await slack.close();
}

/** An identity store with the file's people who are users of one, all of them in every group that it maps. */
function seedDirectory({ storage }: World, { identityCenter, directory }: Configuration): void {
  if (!identityCenter) return;
  const users = Object.values(directory.people).flatMap(({ userId, name, email }) =>
    userId === undefined ? [] : [{ userId, userName: email, displayName: name, email }],
  );
  const groups = Object.values(identityCenter.groups).map((named) => ({
    groupId: named,
    displayName: named,
    members: users.map(({ userId }) => userId),
  }));
  const { identityStoreId, region } = identityCenter;
  seedIdentityStore(storage, { identityStoreId, region, users, groups });
}

/** The issuer that the configuration names, if it is meant to be here. */
async function issuerFor(config: Configuration): Promise<{ close(): Promise<void> } | undefined> {
  if (!config.oidc || !LOOPBACK_ISSUER.test(config.oidc.issuer)) return undefined;
  const { accountsOf, startIssuer } = await import('./oidc/issuer.ts');
  return startIssuer(config.oidc, accountsOf(config)).catch((error: unknown) => Promise.reject(explained(error)));
}

/** Errors that say what to do are told as they are; a port in use is put into words. */
function explained(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, port: taken } = error as NodeJS.ErrnoException & { port?: number };
  if (code === 'EADDRINUSE')
    return new Refused(
      `port ${taken} is in use; stop what uses it, or choose others with --port, --aws-port and --slack-port (0 picks a free one)`,
    );
  return ['DamagedStorage', 'DatabaseInUse', 'NoEngine'].includes(error.name) ? new Refused(error.message) : error;
}

function welcome(
  world: World,
  slack: Slack,
  config: Configuration,
  env: string,
  logFile: string,
  auditFile: string,
): string {
  const [entitlement = ''] = Object.keys(config.entitlements);
  const [first = 'alice', second = 'bob'] = Object.keys(world.profiles).filter((name) => name !== 'operator');
  // The operator is a user of the hub's account, where other accounts' clusters are not.
  const seen = Object.values(config.clusters).find(({ account }) => account === config.account)?.name;
  const clusters = Object.entries(world.clusters).map(
    ([name, cluster]) => `  cluster ${name}`.padEnd(24) + cluster.url,
  );
  return [
    `Hallpass, hub "${config.hub}", on this machine:`,
    `  HTTP API              ${world.apiUrl}/v1`,
    `  AWS endpoint          ${world.awsUrl}   (EKS, IAM, STS, Step Functions, EventBridge, DynamoDB)`,
    ...(world.webUrl
      ? [
          `  for tokens            ${world.webUrl}/v1   (HALLPASS_URL=${world.webUrl} hallpass login --issuer ${config.oidc?.issuer})`,
        ]
      : []),
    ...clusters,
    `  Slack                 ${slack.url}   (simulated: pick who you are, and type /hallpass)`,
    `  logs                  ${relative(process.cwd(), logFile)}, ${relative(process.cwd(), auditFile)}`,
    '',
    `People (profiles): ${Object.keys(world.profiles).join(', ')}`,
    '',
    'Try, in another terminal:',
    `  . ${relative(process.cwd(), env) || env}`,
    ...(seen ? [`  aws eks list-access-entries --cluster-name ${seen} --profile operator`] : []),
    `  AWS_PROFILE=${first} hallpass request ${entitlement} --duration 30m --justification 'trying it out'`,
    `  AWS_PROFILE=${second} hallpass grants --all`,
    `  AWS_PROFILE=${second} hallpass approve <grant>`,
    '',
    'Ctrl-C stops it; the state stays.',
  ].join('\n');
}

function stopped(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => done());
  });
}

try {
  const given = settings(process.argv.slice(2));
  if (given === 'help') console.log(USAGE);
  else await start(given);
} catch (error) {
  if (!(error instanceof Refused)) throw error;
  console.error(`hallpass: ${error.message}`);
  process.exitCode = 1;
}
