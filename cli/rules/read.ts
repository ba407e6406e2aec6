/** Configurations for commands that need no server. What is wrong with one is said as a deployment says it. */
import { filesAt } from '../../src/aws/configuration-files.ts';
import { sha256 } from '../../src/aws/runtime.ts';
import { formatProblems, type SourceFile } from '../../src/config/problem.ts';
import { type ConfigurationRead, readFiles } from '../../src/config/read.ts';
import { Failure } from '../failure.ts';

export type Files = readonly [SourceFile, ...SourceFile[]];
export type Rules = ConfigurationRead & { readonly files: Files };

/** A file, or a folder of them. Throws `Failure` with every mistake that it has. */
export function rulesAt(path: string): Rules {
  const files = filesAt(path);
  if (!files.ok) throw new Failure('mistakes', files.error);
  return rulesIn(files.value);
}

export function rulesIn(files: Files): Rules {
  const read = readFiles(files, sha256);
  if (!read.ok) throw new Failure('mistakes', formatProblems(read.error, files).trimEnd());
  return { ...read.value, files };
}
