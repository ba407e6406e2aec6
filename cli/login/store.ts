/**
 * The token of `hallpass login`, one for each API. It is a key: a file for its owner only, no longer than it lives
 * (F43). Anything odd about a file and it is not there.
 */
import { createHash, randomBytes } from 'node:crypto';
import { lstatSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod/mini';

const Login = z.strictObject({ origin: z.string(), token: z.string(), expiresAt: z.number() });
export type Login = z.infer<typeof Login>;

const fileOf = (folder: string, origin: string): string =>
  join(folder, `login-${createHash('sha256').update(origin).digest('hex').slice(0, 32)}.json`);

/** The login for this API, over or not: that it is over is worth saying. */
export function readLogin(folder: string, origin: string): Login | undefined {
  const path = fileOf(folder, origin);
  try {
    const { mode, uid } = lstatSync(path);
    if ((mode & 0o077) !== 0 || (process.getuid !== undefined && uid !== process.getuid())) return undefined;
    const login = Login.safeParse(JSON.parse(readFileSync(path, 'utf8'))).data;
    return login?.origin === origin ? login : undefined;
  } catch {
    return undefined;
  }
}

export function writeLogin(folder: string, login: Login): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = fileOf(folder, login.origin);
  const fresh = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    writeFileSync(fresh, JSON.stringify(login), { mode: 0o600, flag: 'wx' });
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}

export const removeLogin = (folder: string, origin: string): void => rmSync(fileOf(folder, origin), { force: true });
