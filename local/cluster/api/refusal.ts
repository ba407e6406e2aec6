/** Refusals in Kubernetes' words: `Status` objects, made as `k8s.io/apimachinery/pkg/api/errors` makes them. */

type StatusCause = { reason?: string; message: string; field?: string };
type StatusDetails = {
  name?: string;
  group?: string;
  kind?: string;
  uid?: string;
  causes?: readonly StatusCause[];
};
export type Status = {
  kind: 'Status';
  apiVersion: 'v1';
  metadata: Record<string, never>;
  status: 'Success' | 'Failure';
  message?: string;
  reason?: string;
  details?: StatusDetails;
  code: number;
};

/** Thrown anywhere below the API server's entrance, which sends it as it is. */
export class Refusal extends Error {
  readonly status: Status;
  constructor(code: number, reason: string, message: string, details?: StatusDetails) {
    super(message);
    this.name = reason || 'Refusal';
    this.status = {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message,
      ...(reason ? { reason } : {}),
      ...(details ? { details } : {}),
      code,
    };
  }
}

/** What a refusal is about: `group` as in the API group, `resource` the plural. */
export type About = { group: string; resource: string; name?: string };

const qualified = ({ group, resource }: About): string => (group ? `${resource}.${group}` : resource);
const named = (about: About): string => (about.name ? `${qualified(about)} "${about.name}"` : qualified(about));
const details = ({ name, group, resource }: About): StatusDetails => ({
  ...(name ? { name } : {}),
  ...(group ? { group } : {}),
  kind: resource,
});

export const unauthorized = (): Refusal => new Refusal(401, 'Unauthorized', 'Unauthorized');
export const badRequest = (message: string): Refusal => new Refusal(400, 'BadRequest', message);
export const forbidden = (about: About, why: string): Refusal =>
  new Refusal(403, 'Forbidden', `${named(about)} is forbidden: ${why}`, details(about));
export const forbiddenPath = (why: string): Refusal => new Refusal(403, 'Forbidden', `forbidden: ${why}`, {});
export const notFound = (about: About): Refusal =>
  new Refusal(404, 'NotFound', `${named(about)} not found`, details(about));
export const noSuchResource = (): Refusal =>
  new Refusal(404, 'NotFound', 'the server could not find the requested resource', {});
export const alreadyExists = (about: About): Refusal =>
  new Refusal(409, 'AlreadyExists', `${named(about)} already exists`, details(about));
export const conflict = (about: About, why: string): Refusal =>
  new Refusal(409, 'Conflict', `Operation cannot be fulfilled on ${named(about)}: ${why}`, details(about));
export const methodNotAllowed = (): Refusal =>
  new Refusal(405, 'MethodNotAllowed', 'the server does not allow this method on the requested resource', {});
export const notAcceptable = (offered: readonly string[]): Refusal =>
  new Refusal(406, 'NotAcceptable', `only the following media types are accepted: ${offered.join(', ')}`);
export const unsupportedMediaType = (accepted: readonly string[]): Refusal =>
  new Refusal(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
  );
export const tooLarge = (limit: number): Refusal =>
  new Refusal(413, 'RequestEntityTooLarge', `Request entity too large: limit is ${limit}`);
export const expired = (message: string): Refusal => new Refusal(410, 'Expired', message);
export const notSimulated = (what: string): Refusal =>
  new Refusal(501, 'NotImplemented', `${what} is not simulated: this cluster runs no containers`);

export type FieldError = {
  type: 'Required' | 'Invalid' | 'NotSupported' | 'Forbidden' | 'TooLong';
  field: string;
  value?: unknown;
  detail: string;
};
const FIELD_ERRORS = {
  Required: { reason: 'FieldValueRequired', text: 'Required value' },
  Invalid: { reason: 'FieldValueInvalid', text: 'Invalid value' },
  NotSupported: { reason: 'FieldValueNotSupported', text: 'Unsupported value' },
  Forbidden: { reason: 'FieldValueForbidden', text: 'Forbidden' },
  TooLong: { reason: 'FieldValueTooLong', text: 'Too long' },
} as const;

/** 422. `kind` and `group` are the object's, not the resource's. */
export function invalid(
  kind: string,
  group: string,
  name: string,
  errors: readonly [FieldError, ...FieldError[]],
): Refusal {
  const causes = errors.map(({ type, field, value, detail }) => {
    const { reason, text } = FIELD_ERRORS[type];
    const quoted = value === undefined ? '' : ` ${JSON.stringify(value)}:`;
    return { reason, message: `${text}:${quoted} ${detail}`, field };
  });
  const texts = causes.map(({ field, message }) => `${field}: ${message}`);
  const all = texts.length === 1 ? texts.join('') : `[${texts.join(', ')}]`;
  const what = group ? `${kind}.${group}` : kind;
  return new Refusal(422, 'Invalid', `${what} "${name}" is invalid: ${all}`, {
    ...(name ? { name } : {}),
    ...(group ? { group } : {}),
    kind,
    causes,
  });
}

/** The answer to a deletion. */
export const deleted = (about: About, uid: string): Status => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: { ...details(about), uid },
  code: 200,
});
