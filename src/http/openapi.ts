/** The OpenAPI 3.1 document (https://spec.openapis.org/oas/v3.1.1), made when it is wanted and never in a function. */
import * as z from 'zod/mini';
import { ANSWERS } from './answers.ts';
import { ENDPOINTS, type EndpointName } from './endpoints.ts';
import { HubView } from './hub-schemas.ts';
import * as requests from './requests.ts';
import * as schemas from './schemas.ts';

type Endpoint = (typeof ENDPOINTS)[EndpointName];
type Json = Readonly<Record<string, unknown>>;

/** Schemas that are worth a name of their own in the document. */
const NAMED = {
  GrantRequest: requests.GrantRequest,
  Delegation: schemas.DelegationView,
  DelegationRequest: requests.DelegationRequest,
  Denial: requests.Denial,
  Ending: requests.Ending,
  EntitlementList: schemas.EntitlementList,
  Plan: schemas.PlanView,
  Grant: schemas.GrantView,
  GrantAnswer: schemas.GrantAnswer,
  GrantWithTimeline: schemas.GrantWithTimeline,
  GrantList: schemas.GrantList,
  Hub: HubView,
  Whoami: schemas.Whoami,
  Problem: schemas.Problem,
} as const;

export function openApiText(): string {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const [name, endpoint] of Object.entries(ENDPOINTS) as [EndpointName, Endpoint][]) {
    const path = endpoint.path.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [endpoint.method.toLowerCase()]: operation(name, endpoint) };
  }
  const document = {
    openapi: '3.1.0',
    info: {
      title: 'Hallpass',
      version: '1',
      summary: 'Time-bound, approved, self-ending access to Amazon EKS clusters',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ sigv4: [] }],
    paths,
    components: {
      securitySchemes: {
        sigv4: {
          type: 'apiKey',
          in: 'header',
          name: 'Authorization',
          description:
            'AWS Signature Version 4 for the service execute-api, by a session that Hallpass knows a person by',
          'x-amazon-apigateway-authtype': 'awsSigv4',
        },
      },
      schemas: Object.fromEntries(Object.entries(NAMED).map(([name, schema]) => [name, jsonSchema(schema)])),
    },
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function operation(name: EndpointName, endpoint: Endpoint): Json {
  const parameters = [
    ...(endpoint.path.includes(':id') ? [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }] : []),
    ...('query' in endpoint ? queryParameters(endpoint.query) : []),
    ...('idempotent' in endpoint ? [IDEMPOTENCY_KEY] : []),
  ];
  return {
    operationId: name,
    summary: endpoint.summary,
    ...(parameters.length > 0 && { parameters }),
    ...('body' in endpoint && {
      requestBody: { content: { 'application/json': { schema: reference(endpoint.body) } } },
    }),
    responses: {
      ...Object.fromEntries(
        Object.entries<z.ZodMiniType>(ANSWERS[name]).map(([status, schema]) => [
          status,
          {
            description: status === '201' ? 'Made' : 'Done',
            content: { 'application/json': { schema: reference(schema) } },
          },
        ]),
      ),
      default: {
        description: 'A refusal (RFC 9457); `rule` names what refused',
        content: { 'application/problem+json': { schema: reference(schemas.Problem) } },
      },
    },
  };
}

const IDEMPOTENCY_KEY = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'For 24 hours, the same key and body get the first answer; another body with it is refused with 422',
  schema: { type: 'string', minLength: 1, maxLength: 128 },
};

function queryParameters(schema: z.ZodMiniType): Json[] {
  const { properties = {} } = jsonSchema(schema) as { properties?: Record<string, unknown> };
  return Object.entries(properties).map(([name, of]) => ({ name, in: 'query', required: false, schema: of }));
}

function reference(schema: z.ZodMiniType): Json {
  const name = Object.entries(NAMED).find(([, named]) => named === schema)?.[0];
  return name ? { $ref: `#/components/schemas/${name}` } : jsonSchema(schema);
}

function jsonSchema(schema: z.ZodMiniType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema) as Record<string, unknown>;
  return rest;
}
