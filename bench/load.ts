/**
 * The HTTP API of local mode under load: a process of its own (`npm start`), and signed requests from this one. Whatever
 * it simulates (signatures, API Gateway, Lambda, DynamoDB's engine) is in it: what counts is that nothing fails, that
 * nothing piles up, and how answers spread. `LOAD_SECONDS=600` makes it the ten minutes of a soak.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import { type Bench, type Cell, median } from './table.ts';

/** As much of it as is used here; it ships no types. */
type Cannon = (options: {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly connections: number;
  /** Seconds. */
  readonly duration: number;
}) => Promise<{
  readonly requests: Histogram;
  readonly latency: Histogram;
  readonly errors: number;
  readonly timeouts: number;
  readonly non2xx: number;
}>;
type Histogram = { readonly p50: number; readonly p99: number; readonly average: number; readonly total: number };
const require = createRequire(import.meta.url);
const autocannon = require('autocannon') as Cannon;

const SECONDS = Number(process.env['LOAD_SECONDS'] ?? 24);
const CONNECTIONS = 8;
/** A signature is good for five minutes. */
const LONGEST_RUN = 120;
const ROOT = new URL('..', import.meta.url).pathname;

const REQUESTS: readonly (readonly [what: string, method: 'GET' | 'POST', path: string, body?: object])[] = [
  ['what I may ask for', 'GET', '/v1/entitlements'],
  ['my grants', 'GET', '/v1/grants'],
  [
    'a request tried without effect',
    'POST',
    '/v1/grants?dryRun=true',
    { entitlement: 'mycluster-view-dev', duration: '30m', justification: 'reading logs of INC-4211' },
  ],
];

type Local = { readonly child: ChildProcess; readonly apiUrl: string; readonly folder: string };

async function startLocal(): Promise<Local> {
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-load-'));
  const args = ['--disable-warning=ExperimentalWarning', 'local/main.ts', '--data', folder];
  const child = spawn(process.execPath, [...args, '--port', '0', '--aws-port', '0', '--slack-port', '0'], {
    cwd: ROOT,
    env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  let said = '';
  const apiUrl = await new Promise<string>((ready, fail) => {
    child.stdout?.on('data', (text: Buffer) => {
      said += text;
      const found = /^ready (\S+)$/m.exec(said);
      if (found) ready(found[1] ?? '');
    });
    child.on('exit', (code) => fail(new Error(`npm start ended with ${code}: ${said}`)));
  });
  return { child, apiUrl, folder };
}

function credentialsOf(
  { folder }: Local,
  profile: string,
): { accessKeyId: string; secretAccessKey: string; sessionToken?: string } {
  const text = readFileSync(join(folder, 'aws-credentials'), 'utf8');
  const section = text.split(/^\[/m).find((one) => one.startsWith(`${profile}]`)) ?? '';
  const value = (name: string): string | undefined => new RegExp(`^${name}\\s*=\\s*(\\S+)`, 'm').exec(section)?.[1];
  const sessionToken = value('aws_session_token');
  return {
    accessKeyId: value('aws_access_key_id') ?? '',
    secretAccessKey: value('aws_secret_access_key') ?? '',
    ...(sessionToken && { sessionToken }),
  };
}

async function headersFor(local: Local, method: string, path: string, body?: string): Promise<Record<string, string>> {
  const url = new URL(path, local.apiUrl);
  const signer = new SignatureV4({
    service: 'execute-api',
    region: 'eu-west-1',
    credentials: credentialsOf(local, 'alice'),
    sha256: Sha256,
  });
  const { headers } = await signer.sign({
    method,
    protocol: url.protocol,
    hostname: url.hostname,
    port: Number(url.port),
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    headers: { host: url.host, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body }),
  });
  return headers;
}

const megabytesOf = ({ child }: Local): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1] ?? Number.NaN) / 1_024;

export const load: Bench = {
  name: 'load',
  async run(say) {
    const local = await startLocal();
    const memory: number[] = [];
    const watch = setInterval(() => memory.push(megabytesOf(local)), 500);
    try {
      const rows: Cell[][] = [];
      for (const [what, method, path, input] of REQUESTS) {
        const body = input && JSON.stringify(input);
        const runs = [];
        // The first seconds warm up, and do not count.
        for (let left = SECONDS / REQUESTS.length; left > 0; left -= LONGEST_RUN) {
          say(`${what}, ${Math.round(left)} s left`);
          const headers = await headersFor(local, method, path, body);
          const url = new URL(path, local.apiUrl).href;
          const common = { url, method, headers, connections: CONNECTIONS, ...(body !== undefined && { body }) };
          if (runs.length === 0) await autocannon({ ...common, duration: 2 });
          runs.push(await autocannon({ ...common, duration: Math.max(2, Math.min(left, LONGEST_RUN)) }));
        }
        const failed = runs.reduce((sum, run) => sum + run.errors + run.timeouts + run.non2xx, 0);
        rows.push([
          what,
          median(runs.map(({ requests }) => requests.average)),
          median(runs.map(({ latency }) => latency.p50)),
          median(runs.map(({ latency }) => latency.p99)),
          runs.reduce((sum, { requests }) => sum + requests.total, 0),
          failed,
        ]);
      }
      const tenth = Math.max(1, Math.floor(memory.length / 10));
      const early = median(memory.slice(tenth * 3, tenth * 5));
      const late = median(memory.slice(-tenth * 2));
      return {
        title: 'Load',
        note:
          `${CONNECTIONS} connections at once, ${SECONDS} seconds in all, against \`npm start\` as a process of its own on this machine: everything that AWS would do is in its ` +
          `times. Its memory was ${early.toFixed(0)} MB in the first half and ${late.toFixed(0)} MB at the end (${(late / early).toFixed(2)}).`,
        columns: ['request', 'a second', 'p50 ms', 'p99 ms', 'requests', 'failed'],
        rows,
        bars: { label: 0, value: 1, unit: 'a second' },
      };
    } finally {
      clearInterval(watch);
      local.child.removeAllListeners('exit');
      const ended = new Promise((resolve) => local.child.once('exit', resolve));
      local.child.kill('SIGTERM');
      await ended;
      rmSync(local.folder, { recursive: true, force: true });
    }
  },
};
