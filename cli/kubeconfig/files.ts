/**
 * Which kubeconfig files there are, and which one an entry belongs into: kubectl's own rules (client-go
 * `tools/clientcmd/config.go`, `PathOptions.GetDefaultFilename` and `ModifyConfig`).
 */
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import type { Io } from '../io.ts';

/** In order of precedence: where two files name the same entry, the first one counts. Never empty. */
export function kubeconfigFiles(io: Io, explicit: string | undefined): readonly [string, ...string[]] {
  if (explicit !== undefined) return [resolve(explicit)];
  const named = (io.env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  const [first, ...rest] = new Set(named.map((path) => resolve(path)));
  return first === undefined ? [join(io.env['HOME'] || homedir(), '.kube', 'config')] : [first, ...rest];
}

/** Where what is new goes: the first file that exists, else the last that is named. */
export const fileForNew = (files: readonly [string, ...string[]]): string =>
  files.find((path) => existsSync(path)) ?? files.at(-1) ?? files[0];
