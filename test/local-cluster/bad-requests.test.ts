/**
 * Would catch: a request that no client of Kubernetes would send moving something, crashing the server, or being
 * answered with something other than Kubernetes' own refusal.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from './harness.ts';
import { entryFor, onCluster, person } from './people.ts';

const admin = person('admin');
const idle = person('idle');
const stranger = person('stranger');
let test: TestCluster;
beforeAll(async () => {
  test = await startTestCluster({
    people: [admin, idle, stranger],
    entries: [entryFor(admin, onCluster('AmazonEKSClusterAdminPolicy')), entryFor(idle)],
  });
});
afterAll(() => test.close());

const SECRETS = '/api/v1/namespaces/dev/secrets';
const JSON_TYPE = 'application/json';
const PROTOBUF = 'application/vnd.kubernetes.protobuf';
const post = (body: string | Uint8Array, type: string, path = SECRETS) =>
  test.call(admin, 'POST', path, { body, headers: { 'Content-Type': type } });
const secrets = async (): Promise<number> => (await test.call(admin, 'GET', SECRETS)).body.items.length;

describe('bodies', () => {
  it.each([
    [
      'cut off',
      '{"metadata":{"name":"x"',
      JSON_TYPE,
      400,
      "couldn't get version/kind; json parse error: unexpected end of JSON input",
    ],
    [
      'no JSON',
      '{]',
      JSON_TYPE,
      400,
      "couldn't get version/kind; json parse error: invalid character ']' looking for beginning of value",
    ],
    ['a list', '[]', JSON_TYPE, 400, 'the body is not an object'],
    ['nothing', '', JSON_TYPE, 400, 'unexpected end of JSON input'],
    ['too deep', `${'{"a":'.repeat(2_000)}1${'}'.repeat(2_000)}`, JSON_TYPE, 400, 'exceeded max depth'],
    ['no YAML', 'a: [', 'application/yaml', 400, 'error converting YAML to JSON'],
    [
      'of another kind',
      '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"x"}}',
      JSON_TYPE,
      400,
      'ConfigMap in version "v1" cannot be handled as a Secret',
    ],
    [
      'of another version',
      '{"apiVersion":"v2","kind":"Secret","metadata":{"name":"x"}}',
      JSON_TYPE,
      400,
      'the API version in the data (v2) does not match the expected API version (v1)',
    ],
    [
      'with data that is no base64',
      '{"metadata":{"name":"x"},"data":{"a":"*"}}',
      JSON_TYPE,
      400,
      'illegal base64 data',
    ],
    [
      'with data that is no text',
      '{"metadata":{"name":"x"},"data":{"a":1}}',
      JSON_TYPE,
      400,
      'cannot unmarshal number into Go struct field Secret.data of type string',
    ],
    ['with labels that are a list', '{"metadata":{"name":"x","labels":["a"]}}', JSON_TYPE, 400, 'cannot unmarshal'],
    ['with metadata that is a text', '{"metadata":"x"}', JSON_TYPE, 400, 'metadata is not an object'],
    [
      'of an unknown media type',
      'x',
      'text/plain',
      415,
      'accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf',
    ],
    [
      'protobuf in name only',
      '{}',
      PROTOBUF,
      400,
      'provided data does not appear to be a protobuf message, expected prefix [107 56 115 0]',
    ],
    ['protobuf that breaks off', 'k8s\0\x0a\x20v1', PROTOBUF, 400, 'proto: Unknown: illegal'],
    ['protobuf of an unknown kind', 'k8s\0\x0a\x0c\x0a\x02v1\x12\x06Widget', PROTOBUF, 415, 'unknown format'],
    [
      'protobuf that is broken inside',
      'k8s\0\x0a\x0c\x0a\x02v1\x12\x06Secret\x12\x02\x0a\x7f',
      PROTOBUF,
      400,
      'proto: Secret:',
    ],
  ])('%s', async (_, body, type, code, message) => {
    const before = await secrets();
    const reply = await post(body, type);
    expect(reply.body).toMatchObject({ kind: 'Status', status: 'Failure', code });
    expect(reply.code).toBe(code);
    expect(reply.body.message).toContain(message);
    expect(await secrets()).toBe(before);
  });

  it('over three MiB are refused, announced or not', async () => {
    const large = `{"metadata":{"name":"large"},"data":{"a":"${'A'.repeat(3_145_728)}"}}`;
    const before = await secrets();
    expect((await post(large, JSON_TYPE)).body).toMatchObject({
      code: 413,
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: limit is 3145728',
    });
    const chunked = await test.call(admin, 'POST', SECRETS, {
      body: large,
      headers: { 'Content-Type': JSON_TYPE, 'Transfer-Encoding': 'chunked' },
    });
    expect(chunked.code).toBe(413);
    expect(await secrets()).toBe(before);
  });

  it('of people who may not write are not even read', async () => {
    expect((await test.call(idle, 'POST', SECRETS, { body: '{]' })).code).toBe(403);
    expect((await test.call(stranger, 'POST', SECRETS, { body: '{]' })).code).toBe(401);
  });

  it('cannot reach into the prototype of objects', async () => {
    const body = '{"metadata":{"name":"proto","__proto__":{"polluted":"yes"}},"data":{"__proto__":"eA=="}}';
    await post(body, JSON_TYPE);
    const merge = {
      body: '{"data":{"__proto__":{"polluted":"yes"}}}',
      headers: { 'Content-Type': 'application/merge-patch+json' },
    };
    await test.call(admin, 'PATCH', `${SECRETS}/proto`, merge);
    const patch =
      '[{"op":"add","path":"/__proto__/polluted","value":"yes"},{"op":"add","path":"/constructor/prototype/polluted","value":"yes"}]';
    const refused = await test.call(admin, 'PATCH', `${SECRETS}/proto`, {
      body: patch,
      headers: { 'Content-Type': 'application/json-patch+json' },
    });
    expect(refused.code).toBe(422);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('targets and methods', () => {
  it.each([
    ['GET', '/api/v1/widgets', 404, 'the server could not find the requested resource'],
    ['GET', '/api/v2/pods', 404, 'the server could not find the requested resource'],
    ['GET', '/apis/apps/v2/deployments', 404, 'the server could not find the requested resource'],
    ['GET', '/apis/constructor/v1/pods', 404, 'the server could not find the requested resource'],
    ['GET', '/api/v1/namespaces/dev/nodes', 404, 'the server could not find the requested resource'],
    ['GET', '/api/v1/namespaces/dev/pods/x/scale', 404, 'the server could not find the requested resource'],
    ['GET', '/api/v1/namespaces/dev/pods/none', 404, 'pods "none" not found'],
    ['POST', '/api/v1/pods', 405, 'the server does not allow this method on the requested resource'],
    ['POST', '/api/v1/namespaces/dev/pods/x', 405, 'the server does not allow this method on the requested resource'],
    ['PUT', '/api/v1/namespaces/dev/pods', 405, 'the server does not allow this method on the requested resource'],
    ['OPTIONS', '/api/v1/pods', 405, 'the server does not allow this method on the requested resource'],
    [
      'GET',
      '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews',
      405,
      'the server does not allow this method on the requested resource',
    ],
    ['DELETE', '/version', 405, 'the server does not allow this method on the requested resource'],
    ['GET', '/api/v1/namespaces/%E0%A4%A/pods', 400, 'the path is not properly percent-encoded'],
  ])('%s %s is answered %i', async (method, path, code, message) => {
    const body = method === 'PUT' || method === 'POST' ? { body: { metadata: {} } } : {};
    const reply = await test.call(admin, method, path, body);
    expect(reply.code).toBe(code);
    expect(reply.body).toMatchObject({ kind: 'Status', code, message: expect.stringContaining(message) });
  });

  it.each(['/nope', '/apis/example.com', '/apis/example.com/v1', '/api/v2', '/openapi/v2'])(
    'GET %s is a plain 404',
    async (path) => {
      expect(await test.call(admin, 'GET', path)).toMatchObject({ code: 404, text: '404 page not found\n' });
    },
  );

  it('a form that is not offered is 406', async () => {
    const reply = await test.call(admin, 'GET', SECRETS, { headers: { Accept: PROTOBUF } });
    expect(reply.body).toMatchObject({
      code: 406,
      reason: 'NotAcceptable',
      message: 'only the following media types are accepted: application/json',
    });
    const either = await test.call(admin, 'GET', SECRETS, { headers: { Accept: `${PROTOBUF},application/json` } });
    expect(either.code).toBe(200);
  });

  it('a patch of an unknown type is 415', async () => {
    const reply = await test.call(admin, 'PATCH', '/api/v1/namespaces/dev/configmaps/greeter-settings', { body: {} });
    expect(reply.body).toMatchObject({ code: 415, message: expect.stringContaining('application/merge-patch+json') });
  });

  it('a review that asks nothing is invalid', async () => {
    const review = { apiVersion: 'authorization.k8s.io/v1', kind: 'SelfSubjectAccessReview', spec: {} };
    const { body } = await test.call(admin, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
      body: review,
    });
    expect(body).toMatchObject({
      code: 422,
      message: expect.stringContaining('exactly one of nonResourceAttributes or resourceAttributes must be specified'),
    });
  });
});
