/**
 * What a person waits for when nothing is warm: a process starts, imports a function's bundle and answers its first
 * event, in which it calls AWS. The calls go to TLS on loopback, to something that has nothing to tell ("no such item",
 * "no such role"). Beside it: merely importing the AWS clients that the function needs, as esbuild bundles them by default.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { readConfigurationAt } from '../src/aws/configuration-files.ts';
import { deployedConfiguration } from '../src/config/load.ts';
import { makeSubjects } from './subjects.ts';
import { type Bench, median, spread } from './table.ts';

const ROUNDS = 15;

const http = (method: string, rawPath: string) => ({
  version: '2.0',
  rawPath,
  headers: {},
  requestContext: { http: { method }, requestId: 'r', authorizer: { iam: { userId: 'AROAEXAMPLE:alice' } } },
  isBase64Encoded: false,
});
const GRANT = '01m86ch5jg4tp449an9gwm1yr0';

/** The functions on the way from a click to access, and those that end it. */
const EVENTS: Readonly<Record<string, unknown>> = {
  api: http('POST', `/v1/grants/${GRANT}/approve`),
  workflow: { step: 'Activate', grantId: GRANT },
  sweeper: { scheduledTime: new Date().toISOString() },
};

/** Says how many calls were answered, and what it took; the process is over when the function has answered or failed. */
const runner = (bundle: string, event: unknown, port: number, ca: string): string => `
  const https = process.getBuiltinModule('node:https');
  const { request } = https;
  let calls = 0;
  https.request = (options, ...rest) => {
    calls++;
    return request({ ...options, host: '127.0.0.1', hostname: '127.0.0.1', servername: 'localhost', port: ${port}, ca: ${JSON.stringify(ca)} }, ...rest);
  };
  process.stdout.write = ((write) => (text) => (text.startsWith('>') ? write(text) : true))(process.stdout.write.bind(process.stdout));
  const { handler } = await import(${JSON.stringify(bundle)});
  const context = { awsRequestId: 'r', getRemainingTimeInMillis: () => 60_000 };
  await handler(${JSON.stringify(event)}, context).catch(() => undefined);
  const { user, system } = process.cpuUsage();
  process.stdout.write('>' + JSON.stringify({ calls, ms: (user + system) / 1000 }));
  process.exit(0);`;

const importer = (file: string): string => `
  await import(${JSON.stringify(file)});
  const { user, system } = process.cpuUsage();
  process.stdout.write('>' + JSON.stringify({ calls: 0, ms: (user + system) / 1000 }));`;

type Taken = { readonly calls: number; readonly ms: number };

/** Not `spawnSync`: this process answers the calls meanwhile. */
function run(program: string, env: Readonly<Record<string, string>>): Promise<Taken> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], { env });
  let [out, errors] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', () =>
      out.startsWith('>') ? resolve(JSON.parse(out.slice(1)) as Taken) : reject(new Error(errors)),
    );
  });
}

const NO_ROLE =
  '<ErrorResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>no such role</Message></Error><RequestId>r</RequestId></ErrorResponse>';

/** DynamoDB, which has no item; IAM, which has no role. */
async function nothingThere(): Promise<{ port: number; ca: string; close(): void }> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], { keyType: 'ec' });
  const server = createServer({ key, cert }, (request, response) => {
    request.resume().on('end', () => {
      const dynamodb = 'x-amz-target' in request.headers;
      response.writeHead(dynamodb ? 200 : 404, {
        'content-type': dynamodb ? 'application/x-amz-json-1.0' : 'text/xml',
      });
      response.end(dynamodb ? '{"Items":[],"Count":0}' : NO_ROLE);
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return { port: (server.address() as AddressInfo).port, ca: cert, close: () => server.close() };
}

function environment(folder: string): Record<string, string> {
  const read = readConfigurationAt('hallpass.yaml');
  if (!read.ok) throw new Error(read.error);
  const config = join(folder, 'config.json');
  writeFileSync(config, deployedConfiguration(read.value.configuration));
  return {
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
    AWS_SECRET_ACCESS_KEY: 'example',
    AWS_SESSION_TOKEN: 'example',
    HALLPASS_CONFIG: config,
    TABLE_NAME: 'hallpass',
    STATE_MACHINE_ARN: 'arn:aws:states:eu-west-1:111122223333:stateMachine:hallpass',
    HUB_ACCOUNT: '111122223333',
    HUB_ID: 'bench',
    PRINCIPAL_PREFIX: 'arn:aws:iam::111122223333:role/hallpass/bench/',
  };
}

export const firstEvent: Bench = {
  name: 'first-event',
  async run(say) {
    const folder = mkdtempSync(join(tmpdir(), 'hallpass-bench-'));
    const aws = await nothingThere();
    try {
      const env = environment(folder);
      const functions = (await makeSubjects(folder)).filter(({ name }) => name in EVENTS);
      const bare = importer('node:path');
      const pairs = functions.map(({ name, bundle, plain }) => ({
        name,
        ours: runner(bundle, EVENTS[name], aws.port, aws.ca),
        plain: importer(plain),
      }));
      const times = new Map<string, Taken[]>();
      for (let round = 0; round <= ROUNDS; round++) {
        say(`round ${round} of ${ROUNDS}`);
        for (const program of [bare, ...pairs.flatMap(({ ours, plain }) => [ours, plain])]) {
          const taken = await run(program, env);
          if (round > 0) times.set(program, [...(times.get(program) ?? []), taken]);
        }
      }
      const of = (program: string): number[] => (times.get(program) ?? []).map(({ ms }) => ms);
      const above = (program: string): number => median(of(program)) - median(of(bare));
      return {
        title: 'First event',
        note:
          `Processor milliseconds from the start of the process until its first event is answered, AWS being TLS on loopback that has nothing to tell: median and middle half of ${ROUNDS} interleaved rounds. ` +
          'Beside it, merely importing the function’s AWS clients as esbuild bundles them by default. The ratio is of what comes on top of bare Node; target: 1.0.',
        columns: [
          'function',
          'AWS calls',
          'start and first event',
          'importing its clients, plain',
          'of that',
          'ms over bare',
        ],
        rows: pairs.map(({ name, ours, plain }) => [
          name,
          Math.max(...(times.get(ours) ?? []).map(({ calls }) => calls)),
          spread(of(ours)),
          spread(of(plain)),
          (above(ours) / above(plain)).toFixed(2),
          above(ours),
        ]),
        bars: { label: 0, value: 5, unit: 'ms' },
      };
    } finally {
      aws.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};
