/**
 * What break-glass stands on. Catches access through a role that was known to let in others, or not to exist; a cluster
 * that is another one by now, or that access entries do not open; and a role taken for known that is not.
 */
import { expect, test } from 'vitest';
import { groundOf } from '../../src/broker/breakGlassGround.ts';
import type { KnownRole } from '../../src/broker/ports.ts';
import { UNKNOWN_ROLE } from '../../src/core/break-glass.ts';
import type { Plan } from '../../src/core/request.ts';
import { type Instant, instant } from '../../src/core/time.ts';
import { at, CONFIG, entitlement, KUBERNETES_ADMIN } from '../core/fixtures.ts';

const { prod } = CONFIG.clusters;
if (!prod) throw new Error('the fixtures have no such cluster');
const ROLE = { mode: 'role', role: KUBERNETES_ADMIN, assumableBy: [] } as const;
type Found = {
  readonly arn: string;
  readonly createdAt: Instant;
  readonly authenticationMode: string;
  readonly endpoint?: string;
  readonly certificateAuthorityData?: string;
};
const FOUND: Found = { arn: prod.arn, createdAt: instant(17), authenticationMode: 'API_AND_CONFIG_MAP' };
const KNOWN: KnownRole = { arn: KUBERNETES_ADMIN, at: at(-60), roleId: 'AROA1', wider: [] };

const ground = async (
  found: Found | undefined,
  standing: Readonly<Record<string, KnownRole>>,
  rule = entitlement({ id: 'admin', principal: ROLE }),
) => {
  const lines: unknown[] = [];
  const answer = await groundOf(
    {
      eks: () => ({ describeCluster: async () => found }) as never,
      log: (...line) => lines.push(line),
      known: { read: async () => ({ standing }), write: () => Promise.reject(new Error('nothing is written here')) },
    },
    { entitlement: rule, cluster: prod } as Plan,
  );
  return { answer, lines };
};

test('the role as it was last known, and when; of the cluster all that EKS says', async () => {
  expect(await ground(FOUND, { admin: KNOWN })).toEqual({
    answer: {
      ok: true,
      value: { preparation: { clusterCreatedAt: 17, roleId: 'AROA1' }, trustCheckedAt: at(-60) },
    },
    lines: [],
  });
  const { answer } = await ground(
    { ...FOUND, endpoint: 'https://e', certificateAuthorityData: 'PEM' },
    { admin: KNOWN },
  );
  expect(answer).toMatchObject({ value: { preparation: { endpoint: 'https://e', certificateAuthorityData: 'PEM' } } });
});

test.each<[string, Found | undefined, Readonly<Record<string, KnownRole>>, string, string]>([
  ['no cluster', undefined, { admin: KNOWN }, 'clusterGone', 'There is no cluster prod in its account.'],
  ['another cluster', { ...FOUND, arn: `${prod.arn}2` }, { admin: KNOWN }, 'clusterGone', 'There is no cluster prod'],
  [
    'access entries open nothing there',
    { ...FOUND, authenticationMode: 'CONFIG_MAP' },
    { admin: KNOWN },
    'authenticationMode',
    'prod authenticates by aws-auth only (CONFIG_MAP).',
  ],
  [
    'the role did not exist',
    FOUND,
    { admin: { arn: KUBERNETES_ADMIN, at: at(-60), wider: [] } },
    'roleGone',
    `The role ${KUBERNETES_ADMIN} did not exist at 2026-11-24T02:00:00.000Z.`,
  ],
  [
    'it lets in others',
    FOUND,
    { admin: { ...KNOWN, wider: ['111111111111', '*'] } },
    'trustTooWide',
    `At 2026-11-24T02:00:00.000Z ${KUBERNETES_ADMIN} could also be assumed by 111111111111, *,`,
  ],
])('refused: %s', async (_what, found, standing, why, detail) => {
  const { answer, lines } = await ground(found, standing);
  expect(answer).toMatchObject({ ok: false, error: { reason: 'cannotActivate', why } });
  expect(JSON.stringify(answer)).toContain(detail);
  expect(lines).toEqual([]);
});

const other = entitlement({ id: 'constructor', principal: ROLE });
test.each([
  ['nothing is known', {}, undefined],
  ['what is known is of another role', { admin: { ...KNOWN, arn: `${KUBERNETES_ADMIN}2`, wider: ['*'] } }, undefined],
  ['it is known of another entitlement', { other: KNOWN }, undefined],
  ['the entitlement has the name of a property', { admin: KNOWN }, other],
  ['the role is the grant’s own', { admin: KNOWN }, entitlement({ id: 'admin' })],
])('given without it, and alarmed: %s', async (_what, standing, rule) => {
  const { answer, lines } = await ground(FOUND, standing, rule);
  expect(answer).toEqual({ ok: true, value: { preparation: { clusterCreatedAt: 17, roleId: UNKNOWN_ROLE } } });
  expect(lines).toEqual([
    ['alarm', 'break-glass is given through a role whose trust is not known', { entitlement: rule?.id ?? 'admin' }],
  ]);
});
