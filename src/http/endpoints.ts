/** The HTTP API as data: what the router matches, the CLI calls and the OpenAPI document lists. */
import { CanQuery, CanView } from './can-schemas.ts';
import {
  CreateQuery,
  Denial,
  Ending,
  EntitlementList,
  ExtensionRequest,
  GrantList,
  GrantRequest,
  GrantView,
  GrantWithTimeline,
  ListQuery,
  Nothing,
  PlanView,
  Whoami,
} from './schemas.ts';

export const ENDPOINTS = {
  whoami: { method: 'GET', path: '/v1/whoami', summary: 'Who you are to Hallpass', answers: { 200: Whoami } },
  listEntitlements: {
    method: 'GET',
    path: '/v1/entitlements',
    summary: 'What you may request, and what each needs',
    answers: { 200: EntitlementList },
  },
  can: {
    method: 'GET',
    path: '/v1/can',
    summary: 'May somebody have this, for how long, what is missing, and who could approve it? Nothing is made',
    query: CanQuery,
    answers: { 200: CanView },
  },
  createGrant: {
    method: 'POST',
    path: '/v1/grants',
    summary: 'Ask for access. With dryRun=true nothing is made: the answer is what would be, or why not',
    query: CreateQuery,
    body: GrantRequest,
    answers: { 200: PlanView, 201: GrantView },
    idempotent: true,
  },
  listGrants: {
    method: 'GET',
    path: '/v1/grants',
    summary: 'Grants that you may see, latest first',
    query: ListQuery,
    answers: { 200: GrantList },
  },
  showGrant: {
    method: 'GET',
    path: '/v1/grants/:id',
    summary: 'One grant with its timeline',
    answers: { 200: GrantWithTimeline },
  },
  approveGrant: {
    method: 'POST',
    path: '/v1/grants/:id/approve',
    summary: 'Say yes to the current step',
    body: Nothing,
    answers: { 200: GrantView },
  },
  denyGrant: {
    method: 'POST',
    path: '/v1/grants/:id/deny',
    summary: 'Say no; the requester sees the reason',
    body: Denial,
    answers: { 200: GrantView },
  },
  extendGrant: {
    method: 'POST',
    path: '/v1/grants/:id/extend',
    summary: 'Ask for more time. It is approved or denied like the grant itself; until then the old end stands',
    body: ExtensionRequest,
    answers: { 200: GrantView },
  },
  withdrawGrant: {
    method: 'POST',
    path: '/v1/grants/:id/withdraw',
    summary: 'Take your request back',
    body: Nothing,
    answers: { 200: GrantView },
  },
  endGrant: {
    method: 'POST',
    path: '/v1/grants/:id/end',
    summary: 'End access before its time',
    body: Ending,
    answers: { 200: GrantView },
  },
} as const;

export type EndpointName = keyof typeof ENDPOINTS;
