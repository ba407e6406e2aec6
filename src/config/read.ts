/** Reads hallpass.yaml: text in, configuration or every problem with its place out. */
import type { Sha256 } from '../core/canonical.ts';
import type { Configuration } from '../core/configuration.ts';
import { no, ok, type Result } from '../core/result.ts';
import { buildConfiguration } from './build.ts';
import { check } from './check.ts';
import { namesIn } from './context.ts';
import { type Finding, pathText } from './finding.ts';
import { findingsOf } from './issue.ts';
import { offsetOf, sourceOf } from './place.ts';
import { type Problem, positionAt, withoutMark } from './problem.ts';
import { withoutBroken } from './salvage.ts';
import { DraftSchema, FileSchema } from './schema.ts';
import { readYaml, type YamlText } from './yaml-text.ts';

/**
 * `file` is only for messages. Problems come in the order of the text; text that is not even YAML has its own only.
 * A file with any problem is refused as a whole.
 */
export function readConfiguration(
  text: string,
  options: { readonly file: string; readonly sha256: Sha256 },
): Result<Configuration, readonly Problem[]> {
  const source = withoutMark(text);
  const yaml = readYaml(source);
  if (!yaml.ok)
    return no(
      placed(
        yaml.error.map((fault) => ({ ...fault, path: '' })),
        source,
        options.file,
      ),
    );
  const { document, data, faults } = yaml.value;
  const shape = FileSchema.safeParse(data);
  const findings = shape.success
    ? check(shape.data, namesIn(data))
    : [...shapeFindings(yaml.value, shape.error.issues)];
  const problems = [
    ...faults.map((fault) => ({ ...fault, path: '' })),
    ...findings.map((finding) => ({
      offset: offsetOf(document, finding),
      path: pathText(finding.path),
      message: finding.message,
    })),
  ];
  if (!shape.success || problems.length > 0) return no(placed(problems, source, options.file));
  return ok(buildConfiguration(shape.data, options.sha256));
}

/** What the schema found, and what the checks find in the rest. */
function shapeFindings({ document, data }: YamlText, issues: Parameters<typeof findingsOf>[0]): Finding[] {
  const found = findingsOf(issues, data, (path) => sourceOf(document, path));
  const rest = DraftSchema.safeParse(withoutBroken(data, issues));
  return rest.success ? [...found, ...check(rest.data, namesIn(data))] : found;
}

type Unplaced = { readonly offset: number; readonly path: string; readonly message: string };

function placed(problems: readonly Unplaced[], text: string, file: string): Problem[] {
  const ordered = problems.toSorted((a, b) => a.offset - b.offset);
  const seen = new Set<string>();
  return ordered.flatMap(({ offset, path, message }) => {
    const key = `${offset}\n${path}\n${message}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ file, ...positionAt(text, offset), path, message }];
  });
}
