/** awsQuery: members as a form (or, presigned, in the query), answers as XML. */
import { AwsError, type Input } from '../../aws-service.ts';
import type { Protocol } from './protocol.ts';

/** `version` and `namespace` are the API's own, as in its model. */
export function awsQuery(version: string, namespace: string): Protocol {
  const answer = (status: number, requestId: string, body: string) => ({
    status,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': requestId },
    body,
  });
  return {
    read(request) {
      const text =
        request.method === 'GET'
          ? (request.url.split(/\?(.*)/s, 2)[1] ?? '')
          : Buffer.from(request.body).toString('utf8');
      const input = readForm(new URLSearchParams(text));
      const { Action: operation, Version } = input;
      if (typeof operation !== 'string')
        return new AwsError('MissingAction', 400, 'The request must contain the parameter Action');
      if (Version !== version) {
        return new AwsError(
          'InvalidAction',
          400,
          `Could not find operation ${operation} for version ${String(Version ?? 'NO_VERSION_SPECIFIED')}`,
        );
      }
      return { operation, input };
    },
    answer: (operation, output, requestId) => {
      const result = output === undefined ? '' : element(`${operation}Result`, output);
      const metadata = element('ResponseMetadata', { RequestId: requestId });
      return answer(
        200,
        requestId,
        `<${operation}Response xmlns="${namespace}">${result}${metadata}</${operation}Response>`,
      );
    },
    error: (error, requestId) => {
      const fields = { Type: error.status < 500 ? 'Sender' : 'Receiver', Code: error.code, Message: error.message };
      const body = `${element('Error', fields)}${element('RequestId', requestId)}`;
      return answer(error.status, requestId, `<ErrorResponse xmlns="${namespace}">${body}</ErrorResponse>`);
    },
  };
}

type Tree = Map<string, Tree | string>;

/** `Tags.member.1.Key=a` → `{ Tags: [{ Key: 'a' }] }`. Presigning's own parameters stay texts beside the others. */
function readForm(form: URLSearchParams): Input {
  const root: Tree = new Map();
  for (const [name, value] of form) {
    const parts = name.split('.');
    let tree = root;
    for (const part of parts.slice(0, -1)) {
      const next = tree.get(part);
      const child: Tree = next instanceof Map ? next : new Map();
      tree.set(part, child);
      tree = child;
    }
    tree.set(parts.at(-1) ?? '', value);
  }
  return plain(root) as Input;
}

function plain(tree: Tree): unknown {
  const members = tree.get('member');
  if (tree.size === 1 && members instanceof Map) {
    return [...members]
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([, value]) => (value instanceof Map ? plain(value) : value));
  }
  // Without a prototype a member may have any name.
  const fields: Record<string, unknown> = Object.create(null);
  for (const [name, value] of tree) fields[name] = value instanceof Map ? plain(value) : value;
  return fields;
}

function element(name: string, value: unknown): string {
  if (value === undefined || value === null) return '';
  return `<${name}>${content(value)}</${name}>`;
}

function content(value: unknown): string {
  if (value instanceof Map) return [...value].map(([key, each]) => element('entry', { key, value: each })).join('');
  if (Array.isArray(value)) return value.map((each) => element('member', each)).join('');
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value)
      .map(([name, each]) => element(name, each))
      .join('');
  }
  return escapeText(String(value));
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  '\r': '&#13;',
};

/** Characters that XML cannot carry at all are replaced, so that the rest can still be read. */
function escapeText(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, '\uFFFD')
    .replace(/[&<>"\r]/g, (character) => ENTITIES[character] ?? character);
}
