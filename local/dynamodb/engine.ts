/**
 * The embedded DynamoDB engine: one child process on a free loopback port, which never outlives this process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { engineBinary } from './binary.ts';
import { checkDatabase, claimDatabase, type Ownership } from './owner.ts';

export type Engine = {
  /** `http://127.0.0.1:PORT` */
  url: string;
  /** Ends the engine in order; what was answered is on disk. Harmless when repeated. */
  close(): Promise<void>;
};

export type EngineOptions = {
  /** The database file; without it everything is kept in memory. */
  path?: string;
  /** A running engine to use instead, as in DYNAMODB_ENDPOINT. It is not ended by `close`. */
  endpoint?: string | undefined;
  /** Told once if the engine ends by itself, with its last words. */
  onExit?: (reason: string) => void;
};

const START_LIMIT_MS = 10_000;
const STOP_LIMIT_MS = 3_000;
const POLL_MS = 5;
const PORT_TRIES = 5;

/**
 * The shell becomes the engine (exec), so that its process id is the engine's. Beside it a watcher reads from a pipe
 * that only this process holds open: when this process dies, by SIGKILL too, the pipe ends and the watcher kills the
 * engine. A session of its own (detached) keeps a terminal's Ctrl-C from the engine: the parent ends it in order.
 */
const WATCHED = 'engine=$$; { read -r _ <&3; kill -9 $engine; } 2>/dev/null & exec "$@" 3<&-';

/**
 * Starts the engine, or takes the one at `endpoint`, and waits until it answers.
 * Throws `NoEngine`, `DamagedStorage`, `DatabaseInUse`, or an Error with the engine's own words.
 */
export async function startEngine(options: EngineOptions = {}): Promise<Engine> {
  const given = options.endpoint ?? process.env['DYNAMODB_ENDPOINT'];
  if (given) return useRunning(given);
  const binary = engineBinary();
  if (!options.path) return startOn(binary, [], undefined, options);
  const path = resolve(options.path);
  const ownership = await claimDatabase(path, binary);
  try {
    checkDatabase(path);
    return await startOn(binary, ['--db-path', path], ownership, options);
  } catch (error) {
    ownership.release();
    throw error;
  }
}

async function useRunning(endpoint: string): Promise<Engine> {
  const url = new URL(endpoint).origin;
  const problem = await answers(url);
  if (problem) {
    throw new Error(`DYNAMODB_ENDPOINT=${endpoint} does not answer (${problem}): start it, or unset the variable`);
  }
  return { url, close: async () => {} };
}

async function startOn(
  binary: string,
  database: readonly string[],
  ownership: Ownership | undefined,
  { onExit }: EngineOptions,
): Promise<Engine> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const child = spawn('/bin/sh', ['-c', WATCHED, 'sh', binary, 'serve', '--port', String(port), ...database], {
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
      detached: true,
    });
    if (child.pid) ownership?.record(child.pid);
    const running = watch(child);
    const url = `http://127.0.0.1:${port}`;
    const problem = await untilReady(running, url);
    if (!problem) return asEngine(running, url, ownership, onExit);
    await stop(running);
    // The engine cannot say which port it took for 0, so one is picked for it, and another program may be faster.
    const taken = problem.includes('already in use');
    if (!taken || attempt === PORT_TRIES) throw new Error(`the DynamoDB engine did not start: ${problem}`);
  }
}

type Running = { child: ChildProcess; exited: Promise<string>; ended(): string | undefined };

function watch(child: ChildProcess): Running {
  let words = '';
  let ended: string | undefined;
  child.stderr?.on('data', (chunk: Buffer) => {
    words = (words + chunk.toString()).slice(-2_000);
  });
  const exited = new Promise<string>((settle) => {
    const end = (reason: string): void => {
      ended ??= reason;
      settle(ended);
    };
    child.once('error', (error) => end(error.message));
    // Lets the watcher go at once, before the process id can be given to anybody else; only then can 'close' follow.
    child.once('exit', () => child.stdio[3]?.destroy());
    child.once('close', (code, signal) => end(`${words.trim()} (exit ${code ?? signal})`));
  });
  // A pipe to a process that just died answers with an error that says nothing new.
  child.stdio[3]?.on('error', () => {});
  return { child, exited, ended: () => ended };
}

function asEngine(
  running: Running,
  url: string,
  ownership: Ownership | undefined,
  onExit: EngineOptions['onExit'],
): Engine {
  let closing: Promise<void> | undefined;
  void running.exited.then((reason) => {
    if (!closing) onExit?.(`the DynamoDB engine ended by itself: ${reason}`);
  });
  return {
    url,
    close() {
      closing ??= stop(running).then(() => ownership?.release());
      return closing;
    },
  };
}

async function stop({ child, exited, ended }: Running): Promise<void> {
  if (ended() !== undefined) return;
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  await exited;
  clearTimeout(force);
}

/** Undefined once the engine answers; its words if it ends before, or says too long nothing. */
async function untilReady(running: Running, url: string): Promise<string | undefined> {
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const ended = running.ended();
    if (ended !== undefined) return ended;
    const problem = await answers(url);
    if (!problem) return undefined;
    if (performance.now() > deadline) return `no answer within ${START_LIMIT_MS} ms (${problem})`;
    await Promise.race([running.exited, new Promise((next) => setTimeout(next, POLL_MS))]);
  }
}

/** Undefined if something answers HTTP there, in whatever way; else what is wrong. */
function answers(url: string): Promise<string | undefined> {
  return new Promise((settle) => {
    const probe = request(url, { method: 'GET', agent: false, timeout: 1_000 }, (response) => {
      response.resume();
      settle(undefined);
    });
    probe.once('timeout', () => probe.destroy(new Error('timed out')));
    probe.once('error', (error) => settle(error.message));
    probe.end();
  });
}

function freePort(): Promise<number> {
  return new Promise((settle, fail) => {
    const server = createServer();
    server.once('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => settle(port));
    });
  });
}
