/**
 * Bad input to POST /v1/grants, over the wire. Would catch a refusal that is a 500, names no rule, does
 * not say what would be right, or leaves something behind: an item, a role, an entry, an open place in somebody's limit.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ADMIN, exampleConfig, type TestWorld, testWorld, VIEW, withDave } from './harness.ts';
import { everything } from './operator.ts';

let world: TestWorld;
let before: Awaited<ReturnType<typeof everything>>;
beforeAll(async () => {
  world = await testWorld({ config: exampleConfig(withDave) });
  before = await everything(world);
});
afterAll(() => world.close());
afterEach(async () => {
  expect(await everything(world)).toEqual(before);
});

type Case = readonly [what: string, body: unknown, status: number, rule: string, says: RegExp];

const REQUESTS: readonly Case[] = [
  [
    'an unknown entitlement',
    { ...ADMIN, entitlement: 'mycluster-root' },
    422,
    'unknownEntitlement',
    /You may request: mycluster-admin, mycluster-view-dev/,
  ],
  [
    'an entitlement named like a property of objects',
    { ...ADMIN, entitlement: 'constructor' },
    422,
    'unknownEntitlement',
    /no entitlement "constructor"/,
  ],
  [
    'an entitlement named __proto__',
    { ...ADMIN, entitlement: '__proto__' },
    422,
    'unknownEntitlement',
    /mycluster-admin/,
  ],
  ['a duration over the limit', { ...ADMIN, duration: '4h1m' }, 422, 'durationTooLong', /at most 4h/],
  ['a duration over the limit in days', { ...VIEW, duration: '999d' }, 422, 'durationTooLong', /at most 1d/],
  ['a duration that is a number', { ...ADMIN, duration: '30' }, 422, 'durationUnreadable', /like 45m, 4h or 1h30m/],
  ['a duration in words', { ...ADMIN, duration: 'an hour' }, 422, 'durationUnreadable', /45m/],
  ['a negative duration', { ...ADMIN, duration: '-1h' }, 422, 'durationUnreadable', /45m/],
  ['a duration with a fraction', { ...ADMIN, duration: '1.5h' }, 422, 'durationUnreadable', /1h30m/],
  ['an empty duration', { ...ADMIN, duration: '' }, 422, 'durationUnreadable', /45m/],
  ['no time at all', { ...ADMIN, duration: '0m' }, 422, 'durationUnreadable', /45m/],
  ['a duration below the shortest', { ...ADMIN, duration: '59s' }, 422, 'durationTooShort', /at least 1m/],
  ['no justification', { ...ADMIN, justification: undefined }, 422, 'justificationMissing', /say why/],
  ['a justification of blanks', { ...ADMIN, justification: '   \n\t ' }, 422, 'justificationMissing', /say why/],
  ['a justification too short', { ...ADMIN, justification: ' why ' }, 422, 'justificationTooShort', /at least 5/],
  [
    'a justification too long',
    { ...ADMIN, justification: 'x'.repeat(1_001) },
    422,
    'justificationTooLong',
    /at most 1000/,
  ],
  ['another cluster', { ...ADMIN, cluster: 'yourcluster' }, 422, 'clusterNotOffered', /It covers: mycluster/],
  [
    'namespaces where the scope is the cluster',
    { ...ADMIN, namespaces: ['dev'] },
    422,
    'namespacesNotApplicable',
    /leave them out/,
  ],
  [
    'a namespace that is not offered',
    { ...VIEW, namespaces: ['kube-system'] },
    422,
    'namespaceNotOffered',
    /Covered: dev/,
  ],
  [
    'one offered namespace and one that is not',
    { ...VIEW, namespaces: ['dev', 'prod'] },
    422,
    'namespaceNotOffered',
    /"prod"/,
  ],
  ['no namespace in the list', { ...VIEW, namespaces: [] }, 422, 'namespacesNeeded', /out of: dev/],
  [
    'a start without a zone',
    { ...ADMIN, startAt: '2026-11-24T18:00:00' },
    422,
    'startUnreadable',
    /2026-11-24T18:00:00Z/,
  ],
  ['a start in words', { ...ADMIN, startAt: 'tomorrow' }, 422, 'startUnreadable', /with its zone/],
  ['a start in the past', { ...ADMIN, startAt: '2026-11-24T08:59:59Z' }, 422, 'startInPast', /Leave the start out/],
  [
    'a start too far ahead',
    { ...ADMIN, startAt: '2027-11-24T09:00:00Z' },
    422,
    'startTooFar',
    /no later than 2026-12-24T09:00:00/,
  ],
  ['an unknown field', { ...ADMIN, approved: true }, 400, 'invalidRequest', /unknown field: approved/],
  [
    'several unknown fields',
    { ...ADMIN, person: 'bob', channel: 'slack' },
    400,
    'invalidRequest',
    /unknown fields: person, channel/,
  ],
  ['no entitlement', { duration: '30m' }, 400, 'invalidRequest', /entitlement/],
  ['an entitlement that is no text', { ...ADMIN, entitlement: 7 }, 400, 'invalidRequest', /entitlement.*string/],
  ['a duration in bare minutes', { ...ADMIN, duration: 30 }, 400, 'invalidRequest', /duration.*string/],
  ['namespaces that are no list', { ...VIEW, namespaces: 'dev' }, 400, 'invalidRequest', /namespaces.*array/],
  [
    '51 namespaces',
    { ...VIEW, namespaces: Array.from({ length: 51 }, () => 'dev') },
    400,
    'invalidRequest',
    /namespaces/,
  ],
  [
    'a text over the limit of its field',
    { ...ADMIN, justification: 'x'.repeat(4_001) },
    400,
    'invalidRequest',
    /justification.*4000/,
  ],
  ['text that is not JSON', 'entitlement=mycluster-admin', 400, 'invalidRequest', /The body is not JSON/],
  ['half a body', '{"entitlement":"mycluster-admin"', 400, 'invalidRequest', /The body is not JSON/],
  ['null', 'null', 400, 'invalidRequest', /object/],
  ['a list', [ADMIN], 400, 'invalidRequest', /object/],
  ['bare text', '"mycluster-admin"', 400, 'invalidRequest', /object/],
  ['no body', undefined, 400, 'invalidRequest', /entitlement/],
  [
    'a field named __proto__',
    '{"entitlement":"mycluster-admin","__proto__":{"duration":"30m"}}',
    400,
    'invalidRequest',
    /__proto__/,
  ],
  // F30: a requested namespace that is a pattern would be all of them.
  ...(
    [
      '*',
      'dev*',
      'team-a*',
      '',
      ' dev',
      'Dev',
      'd'.repeat(64),
      'entwïcklung',
      'dev\n',
      '-dev',
      'dev-',
      'de_v',
      'kube.system',
    ] as const
  ).map(
    (namespace): Case => [
      `F30: the namespace ${JSON.stringify(namespace)}`,
      { ...VIEW, namespaces: [namespace] },
      422,
      'namespaceInvalid',
      /DNS label/,
    ],
  ),
];

describe('a bad request is refused by name, says what would be right, and leaves nothing behind', () => {
  it.each(REQUESTS)('%s', async (_what, body, status, rule, says) => {
    const reply = await world.call('alice', 'POST', '/v1/grants', body);
    expect({ status: reply.status, rule: reply.body.rule }).toEqual({ status, rule });
    expect(reply.body.detail).toMatch(says);
    expect(reply.body).toMatchObject({ type: `urn:hallpass:problem:${rule}`, status, title: expect.any(String) });
    expect(reply.headers.get('content-type')).toBe('application/problem+json');
  });

  it.each(REQUESTS)('the preview says the same of %s', async (_what, body, status, rule) => {
    const reply = await world.call('alice', 'POST', '/v1/grants?dryRun=true', body);
    expect({ status: reply.status, rule: reply.body.rule }).toEqual({ status, rule });
  });

  it('somebody who is not eligible', async () => {
    const reply = await world.call('dave', 'POST', '/v1/grants', ADMIN);
    expect(reply.status).toBe(403);
    expect(reply.body).toMatchObject({ rule: 'notEligible' });
    expect(reply.body.detail).toContain('eligible: Alice Archer, Bob Baker, Carol Carter');
  });
});
