/**
 * In which form objects are sent: as they are, as a Table, or their metadata alone: what the `Accept` header asks for.
 * A Table's rows carry metadata only unless somebody asks for more, so that listing secrets shows none.
 */
import { columnsOf } from './columns.ts';
import { groupVersion, type Kind } from './kinds.ts';
import type { KubeObject } from './object.ts';
import { badRequest, notAcceptable } from './refusal.ts';

type RowObject = 'None' | 'Metadata' | 'Object';
export type Representation = { as: 'object' } | { as: 'metadata' } | { as: 'table'; rowObject: RowObject };

const META = { apiVersion: 'meta.k8s.io/v1' } as const;

function readAlternative(text: string): 'object' | 'metadata' | 'table' | undefined {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  if (!['application/json', 'application/*', '*/*'].includes(type.toLowerCase())) return undefined;
  const named = new Map(
    parameters.map((part): [string, string] => [part.split('=')[0] ?? '', part.split('=')[1] ?? '']),
  );
  const as = named.get('as');
  if (!as) return 'object';
  if (named.get('g') !== 'meta.k8s.io' || named.get('v') !== 'v1') return undefined;
  if (as === 'Table') return 'table';
  return as === 'PartialObjectMetadata' || as === 'PartialObjectMetadataList' ? 'metadata' : undefined;
}

/** The first alternative that can be given. Throws a 406, or a 400 for an `includeObject` that does not exist. */
export function negotiate(accept: string | undefined, query: URLSearchParams): Representation {
  const wanted = (accept ?? '*/*')
    .split(',')
    .map(readAlternative)
    .find((found) => found !== undefined);
  if (!wanted) throw notAcceptable(['application/json']);
  if (wanted !== 'table') return { as: wanted };
  const rowObject = query.get('includeObject') || 'Metadata';
  if (rowObject !== 'None' && rowObject !== 'Metadata' && rowObject !== 'Object') {
    throw badRequest(`unrecognized includeObject value: ${JSON.stringify(rowObject.slice(0, 64))}`);
  }
  return { as: 'table', rowObject };
}

const partial = ({ metadata }: KubeObject): object => ({ kind: 'PartialObjectMetadata', ...META, metadata });

function rowObjectOf(object: KubeObject, form: RowObject): object | null {
  if (form === 'None') return null;
  return form === 'Object' ? object : partial(object);
}

type TableOptions = { rowObject: RowObject; nowMs: number; metadata: object; headers: boolean };

export function tableOf(kind: Kind, objects: readonly KubeObject[], options: TableOptions): object {
  const columns = columnsOf(kind.kind);
  const definitions = columns.map(({ name, priority }) => ({
    name,
    type: 'string',
    format: name === 'Name' ? 'name' : '',
    description: name,
    priority,
  }));
  return {
    kind: 'Table',
    ...META,
    metadata: options.metadata,
    columnDefinitions: options.headers ? definitions : null,
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, options.nowMs)),
      object: rowObjectOf(object, options.rowObject),
    })),
  };
}

export function representOne(kind: Kind, object: KubeObject, form: Representation, nowMs: number): object {
  if (form.as === 'object') return object;
  if (form.as === 'metadata') return partial(object);
  const { resourceVersion } = object.metadata;
  return tableOf(kind, [object], { rowObject: form.rowObject, nowMs, metadata: { resourceVersion }, headers: true });
}

export function representList(
  kind: Kind,
  objects: readonly KubeObject[],
  metadata: object,
  form: Representation,
  nowMs: number,
): object {
  if (form.as === 'table') return tableOf(kind, objects, { rowObject: form.rowObject, nowMs, metadata, headers: true });
  if (form.as === 'metadata')
    return { kind: 'PartialObjectMetadataList', ...META, metadata, items: objects.map(partial) };
  // Items of a list name neither kind nor version: kubectl fills them in.
  const items = objects.map(({ apiVersion: _version, kind: _kind, ...rest }) => rest);
  return { kind: `${kind.kind}List`, apiVersion: groupVersion(kind), metadata, items };
}
