/** Would catch: kubectl 1.32 and later being misread: field numbers are checked against bytes put together by hand. */
import { expect, it } from 'vitest';
import { BrokenProtobuf, decodeProtobuf, UnknownMessage } from '../../local/cluster/api/protobuf.ts';

/** A field of wire type 2: tag, length, contents. */
function field(id: number, ...contents: readonly (string | Uint8Array)[]): Uint8Array {
  const body = Buffer.concat(contents.map((part) => Buffer.from(part)));
  return Buffer.concat([Uint8Array.of((id << 3) | 2, body.length), body]);
}
const flag = (id: number, value: number): Uint8Array => Uint8Array.of(id << 3, value);
function body(apiVersion: string, kind: string, ...fields: readonly Uint8Array[]): Buffer {
  const unknown = [field(1, field(1, apiVersion), field(2, kind)), field(2, ...fields), field(3, ''), field(4, '')];
  return Buffer.concat([Buffer.from('k8s\0'), ...unknown]);
}

it('a self subject access review', () => {
  const attributes = field(
    1,
    field(1, 'dev'),
    field(2, 'get'),
    field(3, ''),
    field(4, 'v1'),
    field(5, 'pods'),
    field(6, 'log'),
    field(7, 'p'),
  );
  expect(
    decodeProtobuf(
      body('authorization.k8s.io/v1', 'SelfSubjectAccessReview', field(1, field(1, '')), field(2, attributes)),
    ),
  ).toEqual({
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    metadata: {},
    spec: {
      resourceAttributes: {
        namespace: 'dev',
        verb: 'get',
        version: 'v1',
        resource: 'pods',
        subresource: 'log',
        name: 'p',
      },
    },
  });
});

it('a secret, with labels, bytes, texts and a flag', () => {
  const metadata = field(1, field(1, 'name'), field(3, 'dev'), field(8, ''), field(11, field(1, 'k'), field(2, 'v')));
  const data = field(2, field(1, 'name'), field(2, Uint8Array.of(0, 255)));
  const empty = field(2, field(1, 'metadata'), field(2, ''));
  expect(
    decodeProtobuf(
      body(
        'v1',
        'Secret',
        metadata,
        data,
        empty,
        field(3, 'Opaque'),
        field(4, field(1, 'a'), field(2, 'b')),
        flag(5, 1),
      ),
    ),
  ).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 'name', namespace: 'dev', labels: { k: 'v' } },
    data: { name: 'AP8=', metadata: '' },
    type: 'Opaque',
    stringData: { a: 'b' },
    immutable: true,
  });
});

it('a service, whose target port is a number or a name', () => {
  const port = (target: Uint8Array) => field(1, field(1, 'http'), field(2, 'TCP'), flag(3, 80), field(4, target));
  const number = Buffer.concat([flag(1, 0), Uint8Array.of(2 << 3, 0x90, 0x3f), field(3, '')]);
  const name = Buffer.concat([flag(1, 1), flag(2, 0), field(3, 'web')]);
  expect(
    decodeProtobuf(body('v1', 'Service', field(2, port(number), port(name), field(4, 'ClusterIP')))),
  ).toMatchObject({
    spec: {
      type: 'ClusterIP',
      ports: [{ name: 'http', protocol: 'TCP', port: 80, targetPort: 8_080 }, { targetPort: 'web' }],
    },
  });
});

it('fields that it does not know are passed over', () => {
  expect(
    decodeProtobuf(body('v1', 'Namespace', field(1, field(1, 'n'), field(99 & 15, 'x')), field(9, 'later'))),
  ).toMatchObject({
    metadata: { name: 'n' },
  });
});

it.each([
  ['nothing', Buffer.alloc(0)],
  ['JSON', Buffer.from('{}')],
  ['an envelope that breaks off', Buffer.from('k8s\0\x0a\x7f')],
  [
    'an object that breaks off',
    Buffer.concat([
      Buffer.from('k8s\0'),
      field(1, field(1, 'v1'), field(2, 'Secret')),
      field(2, Uint8Array.of(0x0a, 0x7f)),
    ]),
  ],
])('%s is broken', (_, bytes) => {
  expect(() => decodeProtobuf(bytes)).toThrow(BrokenProtobuf);
});

it.each(['Widget', 'constructor', ''])('a kind %j that it has no message for is said to be unknown', (kind) => {
  expect(() => decodeProtobuf(body('v1', kind))).toThrow(UnknownMessage);
});
