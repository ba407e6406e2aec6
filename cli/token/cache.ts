/**
 * Tokens kept between two kubectl commands. kubectl runs its plugin for each, and again and again after a 401. A token
 * is a key: files for their owner only, no longer than it lives (F43). Anything odd about a file and it is not there.
 */
import { randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';
import { TOKEN_LIFETIME_MS, type Token } from './token.ts';

const Cached = z.strictObject({ token: z.string().check(z.startsWith('k8s-aws-v1.')), expiresAt: z.number() });

/** A command that is slow to start should still come in time. */
const MARGIN_MS = 60_000;

const fileOf = (folder: string, key: string): string => join(folder, `token-${key}.json`);

/** The token under `key` if it is good for another minute at `now`. */
export function readCached(folder: string, key: string, now: number): Token | undefined {
  const path = fileOf(folder, key);
  const found = isPrivate(path) ? read(path) : undefined;
  if (!found) return undefined;
  // One that says it lives longer than any can was not written by us, or the clock was put back.
  const isGood = found.expiresAt - MARGIN_MS > now && found.expiresAt <= now + TOKEN_LIFETIME_MS;
  return isGood ? found : undefined;
}

function isPrivate(path: string): boolean {
  try {
    const { mode, uid } = lstatSync(path);
    return (mode & 0o077) === 0 && (process.getuid === undefined || uid === process.getuid());
  } catch {
    return false;
  }
}

/** Throws what the file system throws: a cache that cannot be written is the caller's to mention. */
export function writeCached(folder: string, key: string, token: Token, now: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = fileOf(folder, key);
  const fresh = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(fresh, JSON.stringify(token), {
      mode: 0o600,
      flag: 'wx',
    });
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
  sweep(folder, now);
}

/** Dead tokens open nothing, but need not lie about. */
function sweep(folder: string, now: number): void {
  for (const name of readdirSync(folder)) {
    if (!/^token-[0-9a-f]+\.json$/.test(name)) continue;
    const path = join(folder, name);
    const expiresAt = read(path)?.expiresAt ?? 0;
    if (expiresAt <= now) rmSync(path, { force: true });
  }
}

/** Undefined when it is not there, or not what we write. */
function read(path: string): Token | undefined {
  try {
    return Cached.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}
