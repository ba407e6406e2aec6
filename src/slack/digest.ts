/**
 * What an approver was shown, as a digest that the buttons carry: a click on a message that no longer says what is true
 * decides nothing. Approvals of others are left out: they change nothing about what is asked.
 */
import { canonicalJson, type Sha256 } from '../core/canonical.ts';
import type { Grant } from '../core/grant.ts';
import { type GrantId, parseGrantId } from '../core/id.ts';

const CHARACTERS = 32;

export function askedDigest(grant: Grant, sha256: Sha256): string {
  const { id, requester, entitlement, cluster, access, principal, duration, startAt, decideBy } = grant;
  const extension = grant.state === 'active' ? grant.extension : undefined;
  const shown = {
    ...{ id, requester: requester.id, entitlement, cluster, access, principal, duration, decideBy },
    ...{ justification: grant.justification, state: grant.state },
    ...(startAt !== undefined && { startAt }),
    ...(grant.ticket !== undefined && { ticket: grant.ticket }),
    ...(extension && {
      extension: { requestedAt: extension.requestedAt, expiresAt: extension.expiresAt, why: extension.justification },
    }),
  };
  return sha256(canonicalJson(shown)).slice(0, CHARACTERS);
}

/** A button's value. */
export const buttonValue = (id: GrantId, digest: string): string => `${id}.${digest}`;

export function parseButtonValue(value: string): { readonly id: GrantId; readonly digest: string } | undefined {
  const [first = '', digest = '', ...more] = value.split('.');
  const id = parseGrantId(first);
  return id && more.length === 0 && /^[0-9a-f]*$/.test(digest) ? { id, digest } : undefined;
}
