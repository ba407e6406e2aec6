/** Reads Kubernetes' protobuf bodies: `k8s\0` + Unknown{TypeMeta, raw object}. Answers stay JSON, which kubectl takes. */
import protobuf from 'protobufjs/light.js';
import { isRecord, type JsonRecord, kubeTime, numberAt } from './object.ts';
import { MESSAGES } from './protobuf-types.ts';

const MAGIC = Buffer.from('k8s\0');
const root = protobuf.Root.fromJSON({ nested: MESSAGES });
const AS_JSON = { bytes: String, longs: Number, arrays: false, objects: false, defaults: false };

export class BrokenProtobuf extends Error {
  override name = 'BrokenProtobuf';
}
/** A well-formed body with a message that is not in the table. */
export class UnknownMessage extends Error {
  override name = 'UnknownMessage';
}

const FIELDS = Object.values(MESSAGES).flatMap(({ fields }) => Object.entries(fields));
/** Fields whose keys people choose: `data: {"name": ""}` is not `data: {}`. */
const MAPS: ReadonlySet<string> = new Set(FIELDS.filter(([, field]) => field.keyType).map(([name]) => name));
/** Kept though empty: that they are there says something. */
const KEPT: ReadonlySet<string> = new Set(['spec', 'metadata', 'resourceAttributes', 'nonResourceAttributes']);

const isTextMap = (value: unknown): boolean =>
  isRecord(value) && Object.values(value).every((item) => typeof item === 'string');
const isEmpty = (value: unknown): boolean =>
  value === '' || value === false || (isRecord(value) && Object.keys(value).length === 0);

function tidyField(key: string, value: unknown): unknown {
  if (key === 'creationTimestamp') return kubeTime(numberAt(value, 'seconds') * 1_000);
  return MAPS.has(key) && isTextMap(value) ? value : tidy(value);
}

/**
 * kubectl writes empty texts, messages and times where JSON has nothing: Go's `omitempty` is made up for here. Ports
 * that may be numbers or names become either.
 */
function tidy(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(tidy);
  if (!isRecord(value)) return value;
  if ('intVal' in value || 'strVal' in value) return value['type'] === 1 ? value['strVal'] : (value['intVal'] ?? 0);
  const kept = Object.entries(value).filter(([key, item]) => KEPT.has(key) || !isEmpty(item));
  return Object.fromEntries(kept.map(([key, item]) => [key, tidyField(key, item)]));
}

function decodeMessage(name: string, bytes: Uint8Array): JsonRecord {
  const type = root.lookupType(name);
  try {
    return type.toObject(type.decode(bytes), AS_JSON);
  } catch (cause) {
    throw new BrokenProtobuf(`proto: ${name}: ${cause instanceof Error ? cause.message : 'illegal'}`, { cause });
  }
}

/** The object in the body, with its apiVersion and kind. Throws `BrokenProtobuf` or `UnknownMessage`. */
export function decodeProtobuf(body: Buffer): JsonRecord {
  if (!body.subarray(0, MAGIC.length).equals(MAGIC)) {
    throw new BrokenProtobuf('provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]');
  }
  const type = root.lookupType('Unknown');
  let envelope: JsonRecord;
  try {
    envelope = type.toObject(type.decode(body.subarray(MAGIC.length)), { ...AS_JSON, bytes: Buffer });
  } catch (cause) {
    throw new BrokenProtobuf('proto: Unknown: illegal', { cause });
  }
  const { typeMeta, raw } = envelope;
  const meta = isRecord(typeMeta) ? typeMeta : {};
  const kind = String(meta['kind'] ?? '');
  if (!Object.hasOwn(MESSAGES, kind))
    throw new UnknownMessage(`no protobuf message for kind ${JSON.stringify(kind.slice(0, 64))}`);
  const object = tidy(decodeMessage(kind, raw instanceof Uint8Array ? raw : new Uint8Array()));
  return { apiVersion: String(meta['apiVersion'] ?? ''), kind, ...(isRecord(object) ? object : {}) };
}
