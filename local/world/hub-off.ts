/** The hub as after a disaster: for tests of what still holds then. */

import { parseRoleArn } from '../../src/core/arn.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import type { Seeding } from '../aws/iam/seed.ts';
import { findRole, putRole } from '../aws/iam/store.ts';
import { storedTrust } from '../aws/iam/trust.ts';

const TRUSTS_NOBODY = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Deny', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' }],
});

/** No executor trusts anybody any more: whatever the hub may still do, it does nothing in a cluster's account. */
export function cutTrust({ storage, now }: Seeding, config: Configuration): void {
  for (const { executor } of Object.values(config.clusters)) {
    const named = parseRoleArn(executor);
    const role = named && findRole(storage, named.account, named.name);
    if (role) putRole(storage, { ...role, trust: storedTrust(storage, TRUSTS_NOBODY, now) });
  }
}
