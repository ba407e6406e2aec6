/**
 * Addresses, methods, queries, bodies and signatures that are not as they should be. Would catch a refusal that is a 500
 * or names no rule, a body read in one encoding and refused in another, and anything believed of an unsigned request.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, apiEvent, callAs, handed, keysOf, sent, signed, type TestWorld, testWorld } from './harness.ts';
import { everything, userIdOf } from './operator.ts';

let world: TestWorld;
let alice: object;
let before: Awaited<ReturnType<typeof everything>>;
beforeAll(async () => {
  world = await testWorld();
  alice = { iam: { userId: await userIdOf(world, world.profiles['alice']), cognitoIdentity: null } };
  before = await everything(world);
});
afterAll(() => world.close());
afterEach(async () => {
  expect(await everything(world)).toEqual(before);
});

const ADDRESSES: readonly (readonly [method: string, path: string, status: number, rule: string, says: RegExp])[] = [
  ['GET', '/', 404, 'notFound', /no address \//],
  ['GET', '/v1', 404, 'notFound', /\/v1/],
  ['GET', '/v2/grants', 404, 'notFound', /\/v2\/grants/],
  ['GET', '/v1/grants/', 404, 'notFound', /\/v1\/grants\//],
  ['GET', '/v1/grants/../whoami/x', 404, 'notFound', /whoami/],
  ['POST', '/v1/grants/01jdexample0000000000000000/revoke', 404, 'notFound', /revoke/],
  ['DELETE', '/v1/grants', 405, 'methodNotAllowed', /POST, GET/],
  ['PUT', '/v1/grants/01jdexample0000000000000000/approve', 405, 'methodNotAllowed', /POST/],
  ['GET', '/v1/grants/01jdexample0000000000000000/approve', 405, 'methodNotAllowed', /POST/],
  ['OPTIONS', '/v1/whoami', 405, 'methodNotAllowed', /GET/],
  ['GET', '/v1/grants/nonsense', 404, 'unknownGrant', /no grant "nonsense"/],
  ['GET', '/v1/grants/0000000000000000000000000a', 404, 'unknownGrant', /that you may see/],
  ['POST', '/v1/grants/0000000000000000000000000a/approve', 404, 'unknownGrant', /that you may see/],
  ['GET', '/v1/grants/%2e%2e%2fentry', 404, 'notFound', /./],
  ['GET', '/v1/grants/%00', 404, 'unknownGrant', /./],
  ['GET', '/v1/grants/%E2%80%AE', 404, 'unknownGrant', /./],
  ['GET', '/v1/grants?page=2', 400, 'invalidRequest', /unknown field: page/],
  ['GET', '/v1/grants?limit=0', 400, 'invalidRequest', /1 to 100/],
  ['GET', '/v1/grants?limit=101', 400, 'invalidRequest', /1 to 100/],
  ['GET', '/v1/grants?limit=ten', 400, 'invalidRequest', /1 to 100/],
  ['GET', '/v1/grants?view=yours', 400, 'invalidRequest', /view/],
  ['GET', '/v1/grants?state=approved', 400, 'invalidRequest', /state/],
  ['GET', '/v1/whoami?as=bob', 400, 'invalidRequest', /unknown parameter "as"/],
  ['GET', '/v1/entitlements?all=true', 400, 'invalidRequest', /takes none/],
  ['GET', '/v1/grants?cursor=nonsense', 400, 'invalidRequest', /not one of this listing/],
  ['GET', '/v1/grants?cursor=', 400, 'invalidRequest', /not one of this listing/],
  ['GET', `/v1/grants?cursor=${'x'.repeat(1_001)}`, 400, 'invalidRequest', /cursor/],
];

describe('an address, method or query that is not there', () => {
  it.each(ADDRESSES)('%s %s', async (method, path, status, rule, says) => {
    const reply = await world.call('alice', method, path, method === 'POST' || method === 'PUT' ? {} : undefined);
    expect({ status: reply.status, rule: reply.body.rule }).toEqual({ status, rule });
    expect(reply.body.detail).toMatch(says);
  });

  it('a method that is not allowed names those that are in Allow, as RFC 9110 wants', async () => {
    const reply = await world.call('alice', 'DELETE', '/v1/grants');
    expect(reply.headers.get('allow')).toBe('POST, GET');
  });

  it('a preview that is neither true nor false', async () => {
    const reply = await world.call('alice', 'POST', '/v1/grants?dryRun=yes', ADMIN);
    expect({ status: reply.status, rule: reply.body.rule }).toEqual({ status: 400, rule: 'invalidRequest' });
  });

  it.each(['two words', 'x'.repeat(129), 'schlüssel'])('the idempotency key %j', async (key) => {
    const reply = await handed(
      world,
      apiEvent(alice, 'POST', '/v1/grants', { headers: { 'idempotency-key': key }, body: JSON.stringify(ADMIN) }),
    );
    expect(reply).toMatchObject({
      status: 400,
      body: { rule: 'invalidRequest', detail: expect.stringContaining('Idempotency-Key') },
    });
  });
});

describe('how a body comes', () => {
  it('base64, as API Gateway sends what is not declared as JSON, is read like any other', async () => {
    const body = Buffer.from(JSON.stringify({ ...ADMIN, duration: '5h' })).toString('base64');
    const reply = await handed(world, apiEvent(alice, 'POST', '/v1/grants', { body, isBase64Encoded: true }));
    expect(reply.body).toMatchObject({ rule: 'durationTooLong' });
  });

  it('declared as something else than JSON, but JSON', async () => {
    const body = JSON.stringify({ ...ADMIN, duration: '5h' });
    const reply = await world.call('alice', 'POST', '/v1/grants', body, { 'content-type': 'application/octet-stream' });
    expect(reply.body.rule).toBe('durationTooLong');
  });

  it('base64 of what is no text', async () => {
    const body = Buffer.from([0xff, 0xfe, 0x00, 0x80]).toString('base64');
    const reply = await handed(world, apiEvent(alice, 'POST', '/v1/grants', { body, isBase64Encoded: true }));
    expect(reply.body).toMatchObject({ rule: 'invalidRequest' });
  });

  it('nested 20,000 deep', async () => {
    const reply = await world.call('alice', 'POST', '/v1/grants', `${'['.repeat(20_000)}${']'.repeat(20_000)}`);
    expect({ status: reply.status, rule: reply.body.rule }).toEqual({ status: 400, rule: 'invalidRequest' });
  });

  it('over the 10 MB that API Gateway takes', async () => {
    const reply = await world.call('alice', 'POST', '/v1/grants', { ...ADMIN, justification: 'x'.repeat(10_500_000) });
    expect(reply.status).toBe(413);
  });
});

describe('a signature that is not right', () => {
  it('another secret: Forbidden, and no more', async () => {
    const stolen = { ...keysOf(world, 'alice'), secretAccessKey: 'x'.repeat(40) };
    const reply = await callAs(world, stolen, 'POST', '/v1/grants', ADMIN);
    expect([reply.status, reply.body]).toEqual([403, { message: 'Forbidden' }]);
  });

  it('a session token of somebody else', async () => {
    const { sessionToken = '' } = keysOf(world, 'bob');
    const reply = await callAs(world, { ...keysOf(world, 'alice'), sessionToken }, 'POST', '/v1/grants', ADMIN);
    expect([reply.status, reply.body]).toEqual([403, { message: 'Forbidden' }]);
  });

  it('none at all', async () => {
    const reply = await fetch(`${world.apiUrl}/v1/grants`, { method: 'POST', body: JSON.stringify(ADMIN) });
    expect([reply.status, await reply.json()]).toEqual([403, { message: 'Forbidden' }]);
  });

  it.each([
    ['body', { text: JSON.stringify({ ...ADMIN, duration: '4h' }) }],
    ['method', { method: 'PUT' }],
  ])('another %s than the signed one', async (_what, changed) => {
    const honest = await signed(world, keysOf(world, 'alice'), 'POST', '/v1/grants', ADMIN);
    expect((await sent({ ...honest, ...changed })).body).toEqual({ message: 'Forbidden' });
  });

  it('another query than the signed one', async () => {
    const honest = await signed(world, keysOf(world, 'alice'), 'GET', '/v1/grants?view=mine', undefined);
    const url = new URL('/v1/grants?view=all', world.apiUrl);
    expect((await sent({ ...honest, url })).body).toEqual({ message: 'Forbidden' });
  });
});
