/** Grants as the server would show them. */
import type { GrantView, GrantWithTimeline } from '../../src/http/schemas.ts';

export const ID = '01kavy8w3v7d2n5q8r1t4x6z9b';
export const OTHER_ID = '01kavy8w3vaaaaaaaaaaaaaaaa';

export const grant = (changes: Partial<GrantView> = {}): GrantView => ({
  id: ID,
  state: 'pending',
  entitlement: 'mycluster-view-dev',
  requester: { id: 'alice', name: 'Alice Archer' },
  cluster: { name: 'prod', arn: 'arn:aws:eks:eu-west-1:111122223333:cluster/mycluster', region: 'eu-west-1' },
  access: {
    policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy',
    accessScope: { type: 'namespace', namespaces: ['dev'] },
    description: 'AmazonEKSViewPolicy in dev',
  },
  principal: {
    mode: 'dedicated',
    arn: `arn:aws:iam::111122223333:role/hallpass/laptop/hallpass-laptop-${ID}`,
    opensTo: ['Alice Archer'],
  },
  duration: '30m',
  justification: 'reading logs',
  requestedAt: '2026-11-24T09:59:00.000Z',
  decideBy: '2026-11-25T09:59:00.000Z',
  approvals: [],
  remarks: [],
  ...changes,
});

export const active = (changes: Partial<GrantView> = {}): GrantView =>
  grant({ state: 'active', expiresAt: '2026-11-24T10:30:00.000Z', ...changes });

export const withTimeline = (view: GrantView): GrantWithTimeline => ({
  ...view,
  timeline: [
    {
      n: 1,
      at: '2026-11-24T09:59:00.000Z',
      type: 'requested',
      actor: 'Alice Archer',
      channel: 'cli',
      detail: 'mycluster-view-dev on prod for 30m',
      hash: 'aa',
    },
    { n: 2, at: '2026-11-24T09:59:01.000Z', type: 'prepared', actor: 'hallpass workflow', hash: 'bb' },
  ],
});
