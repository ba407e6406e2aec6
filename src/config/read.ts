/** Reads hallpass.yaml, or the files that stand for it: text in, configuration or every problem with its place out. */
import type { Sha256 } from '../core/canonical.ts';
import type { Configuration } from '../core/configuration.ts';
import { no, ok, type Result } from '../core/result.ts';
import { buildConfiguration } from './build.ts';
import { check } from './check.ts';
import { type Names, namesIn, UNKNOWN_NAMES } from './context.ts';
import { type Finding, type Path, pathText } from './finding.ts';
import { findingsOf } from './issue.ts';
import { type Merged, mergeSheets, type Sheet } from './merge.ts';
import { offsetOf, sourceOf } from './place.ts';
import { type Problem, positionAt, type SourceFile, withoutMark } from './problem.ts';
import { withoutBroken, withStandIns } from './salvage.ts';
import { DraftSchema, FileSchema } from './schema.ts';
import { readYaml } from './yaml-text.ts';

/** Where in the files a path of the configuration was written. */
export type PlaceOf = (path: Path) => Pick<Problem, 'file' | 'line' | 'column'>;
export type ConfigurationRead = { readonly configuration: Configuration; readonly placeOf: PlaceOf };

/** One text. `file` is only for messages. */
export function readConfiguration(
  text: string,
  options: { readonly file: string; readonly sha256: Sha256 },
): Result<Configuration, readonly Problem[]> {
  const read = readFiles([{ file: options.file, text }], options.sha256);
  return read.ok ? ok(read.value.configuration) : read;
}

/**
 * Problems come in the order of the files and of their text; a file that is not even YAML has its own only. With any
 * problem everything is refused.
 */
export function readFiles(
  files: readonly [SourceFile, ...SourceFile[]],
  sha256: Sha256,
): Result<ConfigurationRead, readonly Problem[]> {
  const sheets: Sheet[] = [];
  const unreadable: Unplaced[] = [];
  for (const { file, text } of files) {
    const source = withoutMark(text);
    const yaml =
      files.length === 1 ? readYaml(source) : readYaml(source, 'the file is empty; take it out of the folder');
    if (yaml.ok) sheets.push({ ...yaml.value, file, text: source });
    else unreadable.push(...yaml.error.map((fault) => ({ ...fault, path: '', file, text: source })));
  }
  const [first, ...rest] = sheets;
  if (!first) return no(placed(unreadable, files));
  return readSheets(mergeSheets([first, ...rest]), unreadable, files, sha256);
}

function readSheets(
  merged: Merged,
  unreadable: readonly Unplaced[],
  files: readonly SourceFile[],
  sha256: Sha256,
): Result<ConfigurationRead, readonly Problem[]> {
  const { data, sheetOf, faults } = merged;
  const shape = FileSchema.safeParse(data);
  const all = unreadable.length === 0;
  // What stands in a file that cannot be read is not missing, and no reference to it is wrong.
  const names = all ? namesIn(data) : UNKNOWN_NAMES;
  const found = shape.success ? check(shape.data, names) : shapeFindings(merged, names, shape.error.issues);
  const findings = all ? found : found.filter((finding) => !isMissing(finding));
  const problems = [
    ...unreadable,
    ...faults.map(({ sheet, offset, message }) => ({ ...sheet, offset, message, path: '' })),
    ...findings.map((finding) => {
      const sheet = sheetOf(finding.path);
      const offset = offsetOf(sheet.document, finding);
      return { file: sheet.file, text: sheet.text, offset, path: pathText(finding.path), message: finding.message };
    }),
  ];
  if (!shape.success || problems.length > 0) return no(placed(problems, files));
  return ok({ configuration: buildConfiguration(shape.data, sha256), placeOf: placesIn(merged) });
}

const isMissing = ({ path, message }: Finding): boolean =>
  message.startsWith('missing:') && (path.length === 1 || path[0] === 'identities');

function placesIn({ sheetOf }: Merged): PlaceOf {
  return (path) => {
    const sheet = sheetOf(path);
    return { file: sheet.file, ...positionAt(sheet.text, offsetOf(sheet.document, { path, message: '' })) };
  };
}

/** What the schema found, and what the checks find in the rest. */
function shapeFindings({ data, sheetOf }: Merged, names: Names, issues: Parameters<typeof findingsOf>[0]): Finding[] {
  const found = findingsOf(issues, data, (path) => sourceOf(sheetOf(path).document, path));
  const rest = DraftSchema.safeParse(withoutBroken(data, issues));
  const stoodIn = withStandIns(data, issues, names);
  const mended = DraftSchema.safeParse(stoodIn.data);
  return [
    ...found,
    ...(rest.success ? check(rest.data, names) : []),
    ...(mended.success ? check(mended.data, names).filter(({ path }) => stoodIn.counts(path)) : []),
  ];
}

type Unplaced = SourceFile & { readonly offset: number; readonly path: string; readonly message: string };

function placed(problems: readonly Unplaced[], files: readonly SourceFile[]): Problem[] {
  const order = new Map(files.map(({ file }, index) => [file, index]));
  const ordered = problems.toSorted(
    (a, b) => (order.get(a.file) ?? 0) - (order.get(b.file) ?? 0) || a.offset - b.offset,
  );
  const seen = new Set<string>();
  return ordered.flatMap(({ file, text, offset, path, message }) => {
    const key = `${file}\n${offset}\n${path}\n${message}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ file, ...positionAt(text, offset), path, message }];
  });
}
