/** Where the user's files are. */
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import type { Io } from '../io.ts';

export const homeOf = (io: Io): string => io.env['HOME'] || homedir();

/** `$XDG_CACHE_HOME/hallpass`. A relative path there is to be ignored: https://specifications.freedesktop.org/basedir-spec */
export function cacheFolder(io: Io): string {
  const named = io.env['XDG_CACHE_HOME'];
  return join(named && isAbsolute(named) ? named : join(homeOf(io), '.cache'), 'hallpass');
}
