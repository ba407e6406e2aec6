/** What every TypeScript file of the project imports, by its syntax tree: words in comments and texts do not count. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import ts from 'typescript';

export const ROOT = join(import.meta.dirname, '../..');
const FOLDERS = ['src', 'functions', 'cli', 'local', 'infra', 'console', 'scripts', 'bench', 'test'];

export type Source = {
  /** From the project's root: `src/core/time.ts`. */
  readonly path: string;
  /** Paths of the project for relative imports; anything else as it is written (`node:fs`, `zod`). */
  readonly imports: readonly string[];
  readonly hasDefaultExport: boolean;
  readonly onlyReExports: boolean;
};

export const sources: readonly Source[] = FOLDERS.filter((folder) => existsSync(join(ROOT, folder)))
  .flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' }).map((file) => join(folder, file)),
  )
  .filter((file) => /\.tsx?$/.test(file) && !file.includes('node_modules') && !/(^|\/)(dist|cdk\.out)\//.test(file))
  .map((path) => readSource(path, readFileSync(join(ROOT, path), 'utf8')));

export function readSource(path: string, text: string): Source {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const imports = new Set<string>();
  let hasDefaultExport = false;
  const visit = (node: ts.Node): void => {
    const target = moduleOf(node);
    if (target !== undefined) imports.add(resolved(path, target));
    if (ts.isExportAssignment(node)) hasDefaultExport = true;
    if (
      ts.canHaveModifiers(node) &&
      ts.getModifiers(node)?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword)
    )
      hasDefaultExport = true;
    if (ts.isExportSpecifier(node) && node.name.text === 'default') hasDefaultExport = true;
    ts.forEachChild(node, visit);
  };
  visit(file);
  const statements = file.statements;
  const onlyReExports =
    statements.length > 0 && statements.every((one) => ts.isExportDeclaration(one) && one.moduleSpecifier);
  return { path, imports: [...imports], hasDefaultExport, onlyReExports };
}

/** `import … from`, `export … from`, `import(…)`, `import x = require(…)`, `import('…').T`, `require(…)`. */
function moduleOf(node: ts.Node): string | undefined {
  if ((ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) && node.moduleSpecifier)
    return textOf(node.moduleSpecifier);
  if (ts.isExternalModuleReference(node)) return textOf(node.expression);
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return textOf(node.argument.literal);
  if (!ts.isCallExpression(node)) return undefined;
  const called = node.expression.kind === ts.SyntaxKind.ImportKeyword || node.expression.getText() === 'require';
  return called ? textOf(node.arguments[0]) : undefined;
}

function textOf(node: ts.Node | undefined): string | undefined {
  return node && ts.isStringLiteralLike(node) ? node.text : undefined;
}

function resolved(from: string, target: string): string {
  return target.startsWith('.') ? normalize(join(dirname(from), target)) : target;
}
