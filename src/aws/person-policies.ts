/** What the permission set gives to people: Hallpass's API, and the roles that grants make for them. */
import type { Configuration } from '../core/configuration.ts';
import { ownPath, standingRoles } from './deployment.ts';
import type { Permission } from './permission.ts';

/** `apiId`: of the HTTP API, or `*` before there is one. */
export const personPermissions = (config: Configuration, apiId: string): readonly Permission[] => [
  {
    sid: 'CallHallpass',
    why: "Calls Hallpass's API. Who may do what there is decided by hallpass.yaml, not here. `*` stands for the routes.",
    actions: ['execute-api:Invoke'],
    resources: [`arn:${config.partition}:execute-api:${config.region}:${config.account}:${apiId}/*`],
  },
  {
    sid: 'UseGrants',
    why: "Becomes the role of a grant, whose own trust admits one session of one person until the grant's end, or a standing role that an entitlement names. `*` stands for the grant's id.",
    actions: ['sts:AssumeRole'],
    resources: [`${ownPath(config)}*`, ...standingRoles(config)],
  },
];
