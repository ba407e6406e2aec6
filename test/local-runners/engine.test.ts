/**
 * Catches: an engine that outlives local mode and keeps its port and database; two local modes on one database; a
 * damaged file that is silently begun afresh (or "repaired"); writes lost by an orderly stop.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DescribeTableCommand, GetItemCommand, ListTablesCommand, PutItemCommand } from '@aws-sdk/client-dynamodb';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { engineBinary } from '../../local/dynamodb/binary.ts';
import { startEngine } from '../../local/dynamodb/engine.ts';
import { createTable } from '../../local/dynamodb/table.ts';
import { engineWithClients } from './harness.ts';

let directory: string;
let path: string;
const parents: ChildProcess[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'hallpass-engine-'));
  path = join(directory, 'table.db');
});
afterEach(() => {
  for (const parent of parents.splice(0)) parent.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** A process of its own that runs an engine, and the engine's address. */
async function parentWithEngine(...args: string[]): Promise<{ parent: ChildProcess; url: string }> {
  const parent = spawn(process.execPath, [join(import.meta.dirname, 'hold-engine.ts'), path, ...args], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  parents.push(parent);
  const url = await new Promise<string>((settle) => {
    parent.stdout?.once('data', (chunk: Buffer) => settle(chunk.toString().trim()));
  });
  return { parent, url };
}

const refusesConnections = async (url: string): Promise<void> => {
  await vi.waitFor(async () => expect(await fetch(url).catch(() => 'refused')).toBe('refused'), {
    timeout: 3_000,
    interval: 10,
  });
};

describe('an engine never outlives its parent', () => {
  test.each(['SIGKILL', 'SIGTERM', 'SIGINT', 'SIGHUP'] as const)('parent ended by %s', async (signal) => {
    const { parent, url } = await parentWithEngine();
    parent.kill(signal);
    await refusesConnections(url);
  });

  test('parent ended by an uncaught rejection', async () => {
    const { url } = await parentWithEngine('throw');
    await refusesConnections(url);
  });

  test('the database is free at once for the next local mode', async () => {
    const { parent } = await parentWithEngine();
    const gone = new Promise((settle) => parent.once('exit', settle));
    parent.kill('SIGKILL');
    await gone;
    const { db, close } = await engineWithClients({ path });
    await createTable(db);
    await close();
  });

  test('an engine left behind (its watcher killed too) is ended by the next start, a stranger with its id is not', async () => {
    const orphan = spawn(engineBinary(), ['serve', '--port', '0', '--db-path', path], { stdio: 'ignore' });
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
    const ended = new Promise((settle) => orphan.once('exit', (_code, signal) => settle(signal)));
    for (const pid of [orphan.pid, stranger.pid]) {
      const owner = new DatabaseSync(`${path}.owner`);
      owner.exec(
        `CREATE TABLE IF NOT EXISTS engine (pid INTEGER); DELETE FROM engine; INSERT INTO engine VALUES (${pid})`,
      );
      owner.close();
      const engine = await startEngine({ path });
      await engine.close();
    }
    expect(await ended).toBe('SIGKILL');
    expect(stranger.exitCode ?? stranger.signalCode).toBeNull();
    stranger.kill('SIGKILL');
  });
});

describe('a database has one owner', () => {
  test('a second local mode on the same file is refused by name', async () => {
    const engine = await startEngine({ path });
    await expect(startEngine({ path })).rejects.toThrow(`${path} is in use by another local mode`);
    await engine.close();
    const again = await startEngine({ path });
    await again.close();
  });
});

describe('a damaged database is refused, and left as it is', () => {
  test.each([
    ['no database at all', Buffer.from('not a database at all, but quite some text')],
    ['an empty page where the header was', Buffer.alloc(4_096)],
  ])('%s', async (_name, content) => {
    writeFileSync(path, content);
    await expect(startEngine({ path })).rejects.toMatchObject({
      name: 'DamagedStorage',
      message: expect.stringContaining(`${path} cannot be read as the local DynamoDB's database`),
    });
    expect(readFileSync(path).equals(content)).toBe(true);
  });

  test('pages overwritten in the middle', async () => {
    const { db, close } = await engineWithClients({ path });
    await createTable(db);
    for (let i = 0; i < 30; i++) {
      const Item = { pk: { S: `grant#${i}` }, sk: { S: 'grant' }, text: { S: 'x'.repeat(1_000) } };
      await db.send(new PutItemCommand({ TableName: 'hallpass', Item }));
    }
    await close();
    const bytes = readFileSync(path);
    bytes.fill(0xff, 4_096 * 2, 4_096 * 12);
    writeFileSync(path, bytes);
    await expect(startEngine({ path })).rejects.toThrow('move it away to begin afresh');
  });

  test("another program's database", async () => {
    const other = new DatabaseSync(path);
    other.exec('CREATE TABLE photos (id)');
    other.close();
    await expect(startEngine({ path })).rejects.toThrow('it belongs to something else');
  });

  test('a missing directory is no damage: it is made', async () => {
    const engine = await startEngine({ path: join(directory, 'new', 'table.db') });
    await engine.close();
  });
});

describe('what was answered stays', () => {
  test('items and the table’s id survive a stop and a start', async () => {
    const first = await engineWithClients({ path });
    const { id } = await createTable(first.db);
    const Item = { pk: { S: 'grant#1' }, sk: { S: 'grant' } };
    await first.db.send(new PutItemCommand({ TableName: 'hallpass', Item }));
    await first.close();

    const second = await engineWithClients({ path });
    const { Table } = await second.db.send(new DescribeTableCommand({ TableName: 'hallpass' }));
    expect(Table?.TableId).toBe(id);
    const read = await second.db.send(new GetItemCommand({ TableName: 'hallpass', Key: Item, ConsistentRead: true }));
    expect(read.Item).toEqual(Item);
    await second.close();
  });

  test('without a path nothing is shared and nothing stays', async () => {
    const first = await engineWithClients();
    const second = await engineWithClients();
    await createTable(first.db);
    expect((await second.db.send(new ListTablesCommand({}))).TableNames).toEqual([]);
    await Promise.all([first.close(), second.close()]);
  });
});

describe('where the engine comes from', () => {
  test('a platform without a package is told what to do', () => {
    expect(() => engineBinary('sunos', 'sparc')).toThrow(/@dynoxide\/sunos-sparc is not installed.*DYNAMODB_ENDPOINT/s);
  });

  test('a running engine is taken as it is, and not ended', async () => {
    const own = await startEngine();
    const taken = await startEngine({ endpoint: own.url });
    expect(taken.url).toBe(own.url);
    await taken.close();
    expect((await fetch(own.url)).status).toBe(200);
    await own.close();
  });

  test('an endpoint that does not answer is named', async () => {
    await expect(startEngine({ endpoint: 'http://127.0.0.1:9' })).rejects.toThrow(
      'DYNAMODB_ENDPOINT=http://127.0.0.1:9 does not answer',
    );
  });

  test('an engine that dies by itself is reported', async () => {
    const reasons: string[] = [];
    const engine = await startEngine({ path, onExit: (reason) => reasons.push(reason) });
    const [pid] = execFileSync('pgrep', ['-f', `^${engineBinary()} serve .*${path}`], { encoding: 'utf8' }).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    await vi.waitFor(() => expect(reasons).toEqual([expect.stringContaining('SIGKILL')]), { interval: 5 });
    await engine.close();
  });
});
