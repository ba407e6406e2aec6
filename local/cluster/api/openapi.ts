/**
 * OpenAPI v3, as far as kubectl (1.29 and later) reads it before `create` and `apply`: for every kind that a patch of
 * it takes `fieldValidation` and `dryRun`. Objects are described as open: the schemas check nothing.
 */
import { GROUP_VERSIONS, groupVersion, KINDS, type Kind } from './kinds.ts';

const prefixOf = ({ group, version }: { group: string; version: string }): string =>
  group ? `apis/${group}/${version}` : `api/${version}`;

/** `rbac.authorization.k8s.io` → `io.k8s.api.rbac.v1.Role`: the names that Kubernetes gives its Go types. */
const schemaName = ({ group, version, kind }: Kind): string =>
  `io.k8s.api.${group.split('.')[0] || 'core'}.${version}.${kind}`;

const parameter = (name: string): object => ({ name, in: 'query', schema: { type: 'string' } });

function describePath(kind: Kind): readonly [string, object] {
  const scope = kind.namespaced ? '/namespaces/{namespace}' : '';
  const gvk = { group: kind.group, version: kind.version, kind: kind.kind };
  return [
    `/${prefixOf(kind)}${scope}/${kind.resource}/{name}`,
    {
      patch: {
        parameters: ['dryRun', 'fieldManager', 'fieldValidation', 'force'].map(parameter),
        'x-kubernetes-action': 'patch',
        'x-kubernetes-group-version-kind': gvk,
        responses: {},
      },
    },
  ];
}

const describeSchema = (kind: Kind): readonly [string, object] => [
  schemaName(kind),
  {
    type: 'object',
    'x-kubernetes-group-version-kind': [{ group: kind.group, version: kind.version, kind: kind.kind }],
  },
];

/** The index. `revision` goes into the addresses, which kubectl caches by. */
export const openApiIndex = (revision: string): object => ({
  paths: Object.fromEntries(
    GROUP_VERSIONS.map((gv) => [prefixOf(gv), { serverRelativeURL: `/openapi/v3/${prefixOf(gv)}?hash=${revision}` }]),
  ),
});

/** The document at `/openapi/v3/<rest>`, or undefined. */
export function openApiDocument(rest: string, serverVersion: string): object | undefined {
  const gv = GROUP_VERSIONS.find((served) => prefixOf(served) === rest);
  if (!gv) return undefined;
  const kinds = KINDS.filter((kind) => groupVersion(kind) === groupVersion(gv));
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: serverVersion },
    paths: Object.fromEntries(kinds.map(describePath)),
    components: { schemas: Object.fromEntries(kinds.map(describeSchema)) },
  };
}
