/**
 * A kubeconfig as text that stays somebody's own: comments, order and what we do not know are kept. Anything that is
 * not plainly a kubeconfig is refused, so that a damaged file is never made worse.
 */
import { type Document, isMap, isSeq, parseDocument, type YAMLMap } from 'yaml';
import * as z from 'zod/mini';
import { Failure, textOf } from '../failure.ts';

export type Section = 'clusters' | 'users' | 'contexts';
/** The key beside `name` in an entry of each section. */
const CONTENT = { clusters: 'cluster', users: 'user', contexts: 'context' } as const satisfies Record<Section, string>;

const entry = z.looseObject({ name: z.string() });
const entries = z.nullish(z.array(entry));
const Kubeconfig = z.looseObject({
  apiVersion: z.nullish(z.literal('v1')),
  kind: z.nullish(z.literal('Config')),
  clusters: entries,
  users: entries,
  contexts: entries,
  'current-context': z.nullish(z.string()),
});
export type Kubeconfig = z.infer<typeof Kubeconfig>;

export type KubeconfigText = { readonly document: Document; readonly content: Kubeconfig };

/** Throws a `file` failure that names the place. An empty text is an empty kubeconfig. */
export function parseKubeconfig(text: string, path: string): KubeconfigText {
  // kubectl reads YAML 1.1: a bare `on` that we write would be a boolean to it.
  const document: Document = parseDocument(text, { compat: 'yaml-1.1', intAsBigInt: true, prettyErrors: true });
  const [error] = document.errors;
  if (error) throw damaged(path, error.message.split('\n')[0] ?? error.code, error);
  if (document.contents === null) document.contents = document.createNode({ apiVersion: 'v1', kind: 'Config' });
  const parsed = Kubeconfig.safeParse(toJs(document, path));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw damaged(path, `${issue?.path.join('.') || 'the file'}: ${issue?.message}`, parsed.error);
  }
  return { document, content: parsed.data };
}

function toJs(document: Document, path: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    throw damaged(path, textOf(error), error);
  }
}

const damaged = (path: string, why: string, cause: unknown): Failure =>
  new Failure(
    'file',
    `${path} is not a kubeconfig that could be read (${why}). It was left as it is: repair it, or pass --kubeconfig.`,
    {
      cause,
    },
  );

export const findEntry = (
  { content }: KubeconfigText,
  section: Section,
  name: string,
): z.infer<typeof entry> | undefined => content[section]?.find((candidate) => candidate.name === name);

/** The entry's content, such as what stands under `user:`. */
export const contentOf = (section: Section, found: z.infer<typeof entry>): unknown => found[CONTENT[section]];

/** Replaces the entry of that name where it stands, or adds it at the end. */
export function setEntry({ document, content }: KubeconfigText, section: Section, name: string, value: unknown): void {
  const index = content[section]?.findIndex((candidate) => candidate.name === name) ?? -1;
  const list = document.get(section);
  const existing = isSeq(list) && index >= 0 ? list.items[index] : undefined;
  if (isMap(existing)) existing.set(CONTENT[section], document.createNode(value));
  else if (isSeq(list)) list.add(document.createNode({ [CONTENT[section]]: value, name }));
  else document.set(section, document.createNode([{ [CONTENT[section]]: value, name }]));
}

export function removeEntries({ document }: KubeconfigText, section: Section, names: ReadonlySet<string>): void {
  const list = document.get(section);
  if (!isSeq(list)) return;
  list.items = list.items.filter((item) => !(isMap(item) && names.has(nameIn(item))));
  // An emptied list is written as kubectl writes it, and not as a block without lines.
  if (list.items.length === 0) list.flow = true;
}

const nameIn = (item: YAMLMap): string => String(item.get('name'));

/** With lists as kubectl itself indents them, and no line broken. */
export const textOfKubeconfig = ({ document }: KubeconfigText): string =>
  document.toString({ lineWidth: 0, indentSeq: false });
