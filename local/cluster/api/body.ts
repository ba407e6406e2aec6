/** Request bodies: read up to a limit, and decoded as JSON, YAML or protobuf, with Kubernetes' refusals. */
import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { isRecord, type JsonRecord } from './object.ts';
import { BrokenProtobuf, decodeProtobuf, UnknownMessage } from './protobuf.ts';
import { badRequest, tooLarge, unsupportedMediaType } from './refusal.ts';

/** As kube-apiserver has it: 3 MiB. */
export const LARGEST_BODY = 3 * 1_048_576;
/** JSON nested deeper than this is refused, as Go's decoder refuses it, before anything recursive sees it. */
const DEEPEST = 1_000;

const OBJECT_TYPES = ['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'] as const;
export const mediaTypeOf = (header: string | undefined): string =>
  (header ?? '').split(';')[0]?.trim().toLowerCase() ?? '';

/** Throws a 413 as soon as the limit is passed; what is left of the body is not read. */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  if (Number(request.headers['content-length'] ?? 0) > LARGEST_BODY) throw tooLarge(LARGEST_BODY);
  const chunks: Buffer[] = [];
  let size = 0;
  // Not `for await`: leaving that loop destroys the socket, and with it the refusal.
  await new Promise<void>((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= LARGEST_BODY) return void chunks.push(chunk);
      request.off('data', onData).pause();
      reject(tooLarge(LARGEST_BODY));
    };
    request.on('data', onData).once('end', resolve).once('error', reject);
    request.once('close', () => reject(badRequest('the body of the request ended too early')));
  });
  return Buffer.concat(chunks);
}

/** Go's words for what is wrong, which quote one character of the body at most. */
function describeJsonError(text: string, error: unknown): string {
  const at = /at position (\d+)/.exec(error instanceof Error ? error.message : '');
  const character = at ? text[Number(at[1])] : undefined;
  if (character === undefined) return 'unexpected end of JSON input';
  return `invalid character ${JSON.stringify(character).replaceAll('"', "'")} looking for beginning of value`;
}

function isTooDeep(value: unknown, left: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return left === 0 || Object.values(value).some((item) => isTooDeep(item, left - 1));
}

function checkDepth(value: unknown): unknown {
  if (isTooDeep(value, DEEPEST)) throw badRequest("couldn't get version/kind; json parse error: exceeded max depth");
  return value;
}

export function parseJson(bytes: Buffer): unknown {
  const text = bytes.toString('utf8');
  try {
    return checkDepth(JSON.parse(text));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest(`couldn't get version/kind; json parse error: ${describeJsonError(text, error)}`);
  }
}

function parseYamlBody(bytes: Buffer): unknown {
  try {
    return parseYaml(bytes.toString('utf8'), { maxAliasCount: 100, schema: 'core' });
  } catch {
    throw badRequest('error converting YAML to JSON: yaml: the document cannot be read');
  }
}

function parseProtobuf(bytes: Buffer): unknown {
  try {
    return decodeProtobuf(bytes);
  } catch (error) {
    if (error instanceof BrokenProtobuf) throw badRequest(`the object provided is unrecognized: ${error.message}`);
    if (error instanceof UnknownMessage) throw unsupportedMediaType(OBJECT_TYPES.slice(0, 2));
    throw error;
  }
}

const PARSERS: Readonly<Record<string, (bytes: Buffer) => unknown>> = {
  '': parseJson,
  'application/json': parseJson,
  'application/yaml': parseYamlBody,
  'application/apply-patch+yaml': parseYamlBody,
  'application/vnd.kubernetes.protobuf': parseProtobuf,
};

/** One object out of a body. */
export function decodeObject(bytes: Buffer, contentType: string | undefined): JsonRecord {
  const parser = PARSERS[mediaTypeOf(contentType)];
  if (!parser) throw unsupportedMediaType(OBJECT_TYPES);
  const value = checkDepth(parser(bytes));
  if (!isRecord(value)) throw badRequest("couldn't get version/kind; json parse error: the body is not an object");
  return value;
}
