/**
 * Merge patch (RFC 7396) and Kubernetes' strategic merge patch, which differ in lists: a merge patch replaces them, a
 * strategic one merges those whose items have a key. Nothing is changed in place.
 */
import { isRecord, type JsonRecord, textsAt } from './object.ts';

/** Which property names an item, by the name of the list; lists that are not here are replaced as a whole. */
const MERGE_KEYS: Readonly<Record<string, readonly string[]>> = {
  containers: ['name'],
  initContainers: ['name'],
  ephemeralContainers: ['name'],
  env: ['name'],
  volumes: ['name'],
  volumeMounts: ['mountPath'],
  imagePullSecrets: ['name'],
  secrets: ['name'],
  ownerReferences: ['uid'],
  conditions: ['type'],
  hostAliases: ['ip'],
  addresses: ['type'],
  // A container's ports go by containerPort, a service's by port.
  ports: ['containerPort', 'port'],
};
const PRIMITIVE_LISTS: ReadonlySet<string> = new Set(['finalizers']);
const DIRECTIVE = /^\$(patch|retainKeys|setElementOrder\/|deleteFromPrimitiveList\/)/;

/** RFC 7396. `Object.fromEntries` makes own properties whatever they are called, `__proto__` included. */
export function mergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const merged = new Map(Object.entries(isRecord(target) ? target : {}));
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) merged.delete(key);
    else merged.set(key, mergePatch(merged.get(key), value));
  }
  return Object.fromEntries(merged);
}

const mergeKeyOf = (list: string, items: readonly unknown[]): string | undefined =>
  MERGE_KEYS[list]?.find((key) => items.some((item) => isRecord(item) && Object.hasOwn(item, key)));

function mergeItems(key: string, current: readonly unknown[], patch: readonly unknown[]): unknown[] {
  if (patch.some((item) => isRecord(item) && item['$patch'] === 'replace')) {
    return patch.filter((item) => !(isRecord(item) && Object.hasOwn(item, '$patch')));
  }
  const merged = new Map<unknown, unknown>();
  for (const item of current) if (isRecord(item)) merged.set(item[key], item);
  for (const item of patch) {
    if (!isRecord(item)) continue;
    if (item['$patch'] === 'delete') merged.delete(item[key]);
    else merged.set(item[key], strategicMergePatch(merged.get(item[key]), item));
  }
  return [...merged.values()];
}

/** `$setElementOrder/ports` lists the items in the order wanted; those that it does not know keep theirs, after. */
function orderItems(key: string, items: unknown[], order: readonly unknown[]): unknown[] {
  const wanted = order.map((item) => (isRecord(item) ? item[key] : item));
  const rank = (item: unknown): number => {
    const at = wanted.indexOf(isRecord(item) ? item[key] : item);
    return at < 0 ? wanted.length : at;
  };
  return items.toSorted((a, b) => rank(a) - rank(b));
}

function mergeList(
  name: string,
  current: readonly unknown[],
  patch: readonly unknown[],
  directives: JsonRecord,
): unknown[] {
  if (PRIMITIVE_LISTS.has(name)) return [...new Set([...current, ...patch])];
  const key = mergeKeyOf(name, [...patch, ...current]);
  if (!key) return [...patch];
  const order = directives[`$setElementOrder/${name}`];
  const merged = mergeItems(key, current, patch);
  return Array.isArray(order) ? orderItems(key, merged, order) : merged;
}

export function strategicMergePatch(target: unknown, patch: unknown): unknown {
  if (!isRecord(patch)) return patch;
  const { $patch: mode } = patch;
  const fields = Object.entries(patch).filter(([key]) => !DIRECTIVE.test(key));
  if (mode === 'delete') return {};
  const merged = new Map(Object.entries(isRecord(target) && mode !== 'replace' ? target : {}));
  const retained = Array.isArray(patch['$retainKeys']) ? new Set<unknown>(patch['$retainKeys']) : undefined;
  for (const key of merged.keys()) if (retained && !retained.has(key)) merged.delete(key);
  for (const list of PRIMITIVE_LISTS) {
    const gone = textsAt(patch, `$deleteFromPrimitiveList/${list}`);
    if (gone.length > 0)
      merged.set(
        list,
        textsAt({ list: merged.get(list) }, 'list').filter((item) => !gone.includes(item)),
      );
  }
  for (const [key, value] of fields) {
    const current = merged.get(key);
    if (value === null) merged.delete(key);
    else if (Array.isArray(value)) merged.set(key, mergeList(key, Array.isArray(current) ? current : [], value, patch));
    else merged.set(key, strategicMergePatch(current, value));
  }
  return Object.fromEntries(merged);
}
