/** Changes as the use cases make them, for a store to write. */
import { createHash } from 'node:crypto';
import type { Change, PersonRecord, RequestRecord, Stored } from '../../src/broker/ports.ts';
import { draft } from '../../src/broker/record.ts';
import { type Claim, claimOf, type Ledger } from '../../src/core/entry.ts';
import type { EventBody } from '../../src/core/event.ts';
import type { Actor, GrantFacts } from '../../src/core/grant.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { type Instant, instant } from '../../src/core/time.ts';
import { at, FACTS } from '../core/fixtures.ts';

export const API: Actor = { kind: 'system', part: 'api' };
const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

let tables = 0;
/** Request tokens are the account's: what one table was told is never told to the next one of the same server. */
export const begin = (): number => ++tables;

/** The n-th grant, n minutes after the first. */
export const idOf = (n: number): GrantId => grantId(at(n), Uint8Array.of(n, tables, 0, 0, 0, 0, 0, 0, 0, 0));

export const factsOf = (n: number, more: Partial<GrantFacts> = {}): GrantFacts => ({
  ...FACTS,
  id: idOf(n),
  requestedAt: at(n),
  principal: {
    mode: 'dedicated',
    arn: `arn:aws:iam::111111111111:role/hallpass/main/hallpass-main-${idOf(n)}`,
    path: '/hallpass/main/',
    roleName: `hallpass-main-${idOf(n)}`,
    trusts: { role: 'arn:aws:iam::111111111111:role/sso', userId: 'AROASSO:ada' },
  },
  ...more,
});

/** What these events make of the grant, at this moment. */
export const following = (before: Stored | undefined, now: Instant, ...bodies: [EventBody, ...EventBody[]]): Change =>
  draft({ now: () => now, sha256 }, before, API, bodies);

export const requested = (n: number, more: Partial<GrantFacts> = {}): Change =>
  following(undefined, at(n), { type: 'requested', facts: factsOf(n, more) });

export const PREPARED: EventBody = {
  type: 'prepared',
  clusterCreatedAt: instant(1_700_000_000_000),
  roleId: 'AROADEDICATED0000001',
};
export const approvedBy = (who: string, now: Instant): EventBody => ({
  type: 'approved',
  approval: { personId: who, name: who, step: 1, channel: 'cli', at: now },
});
export const DENIED: EventBody = { type: 'denied', reason: 'no', by: 'Bob' };

export const personRecord = (
  version: number,
  open: Record<string, string> = {},
  requestedAt: readonly Instant[] = [],
): PersonRecord => ({
  personId: 'ada',
  version,
  open,
  requestedAt,
});

/** Made a day before it expires. */
export const requestRecord = (id: GrantId, expiresAt: Instant, key = 'key-1'): RequestRecord => ({
  personId: 'ada',
  route: 'POST /v1/grants',
  key,
  bodyDigest: `digest of ${id}`,
  grantId: id,
  madeAt: instant(expiresAt - 86_400_000),
  expiresAt,
});

export function armed(change: Change, now: Instant): { change: Change; claim: Claim; ledger: Ledger } {
  const armedChange = following(change.stored, now, PREPARED, { type: 'armed', expiresAt: instant(now + 3_600_000) });
  const { grant } = armedChange.stored;
  if (grant.state !== 'activating') throw new Error(`armed, and ${grant.state}`);
  const claim = claimOf(grant);
  return {
    change: armedChange,
    claim,
    ledger: { clusterArn: claim.clusterArn, principalArn: claim.principalArn, mode: 'dedicated', version: 1 },
  };
}
