/** The files of a configuration: one, or a folder of them. For whoever deploys; functions read what was deployed. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { formatProblems, type SourceFile } from '../config/problem.ts';
import { type ConfigurationRead, readFiles } from '../config/read.ts';
import { no, ok, type Result } from '../core/result.ts';
import { sha256 } from './runtime.ts';

const MOST_FILES = 200;

/**
 * `path`: a file, or a folder, of which every `*.yaml` is read in the order of the names; hidden files and folders
 * within are left alone. Refuses with one text for people, in which every problem has its place.
 */
export function readConfigurationAt(path: string): Result<ConfigurationRead, string> {
  const files = filesAt(path);
  if (!files.ok) return files;
  const read = readFiles(files.value, sha256);
  return read.ok ? read : no(formatProblems(read.error, files.value));
}

/** The texts at a path, or why they cannot be read. */
export function filesAt(path: string): Result<readonly [SourceFile, ...SourceFile[]], string> {
  try {
    if (!statSync(path).isDirectory()) return ok([sourceAt(path)]);
    const names = readdirSync(path)
      .filter((name) => !name.startsWith('.') && statSync(join(path, name)).isFile())
      .toSorted();
    const misnamed = names.find((name) => /\.(?:yml|YAML|YML)$/.test(name));
    if (misnamed !== undefined)
      return no(`${join(path, misnamed)}: in a folder only files called *.yaml are read; rename it`);
    const [first, ...rest] = names.filter((name) => name.endsWith('.yaml'));
    if (first === undefined) return no(`the folder ${path} has no *.yaml file`);
    if (rest.length >= MOST_FILES) return no(`the folder ${path} has more than ${MOST_FILES} *.yaml files`);
    return ok([sourceAt(join(path, first)), ...rest.map((name) => sourceAt(join(path, name)))]);
  } catch (error) {
    return no(`${path} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

const sourceAt = (path: string): SourceFile => ({
  file: relative(process.cwd(), path) || path,
  text: readFileSync(path, 'utf8'),
});
