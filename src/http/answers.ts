/** What every endpoint answers: for the OpenAPI document and whoever reads answers. No function loads it. */
import type * as z from 'zod/mini';
import { ReviewList, ReviewView } from './break-glass-schemas.ts';
import { CanView } from './can-schemas.ts';
import { ClusterList } from './cluster-schemas.ts';
import { Examination } from './doctor-schemas.ts';
import type { EndpointName } from './endpoints.ts';
import { EndedView, HubView } from './hub-schemas.ts';
import {
  DelegationList,
  DelegationView,
  EntitlementList,
  GrantAnswer,
  GrantList,
  GrantView,
  GrantWithTimeline,
  LinksView,
  LinkView,
  PlanView,
  Whoami,
} from './schemas.ts';

export const ANSWERS = {
  whoami: { 200: Whoami },
  listEntitlements: { 200: EntitlementList },
  can: { 200: CanView },
  showHub: { 200: HubView },
  endMany: { 200: EndedView },
  freeze: { 200: HubView },
  thaw: { 200: HubView },
  listClusters: { 200: ClusterList },
  examine: { 200: Examination },
  breakGlass: { 201: GrantView },
  listReviews: { 200: ReviewList },
  showReview: { 200: ReviewView },
  reviewGrant: { 200: GrantView },
  createGrant: { 200: PlanView, 201: GrantAnswer },
  listGrants: { 200: GrantList },
  showGrant: { 200: GrantWithTimeline },
  approveGrant: { 200: GrantView },
  denyGrant: { 200: GrantView },
  extendGrant: { 200: GrantView },
  withdrawGrant: { 200: GrantView },
  endGrant: { 200: GrantView },
  createLink: { 200: LinkView },
  listLinks: { 200: LinksView },
  unlink: { 200: LinkView },
  listDelegations: { 200: DelegationList },
  createDelegation: { 201: DelegationView },
  revokeDelegation: { 200: DelegationView },
} as const satisfies Readonly<Record<EndpointName, Readonly<Record<number, z.ZodMiniType>>>>;
