/** What the three wire protocols of AWS have in common, seen from the endpoint. */
import { AwsError, type Input } from '../../aws-service.ts';
import type { SignedRequest } from '../sigv4.ts';

export type HttpAnswer = { status: number; headers: Record<string, string>; body: string | Uint8Array };

/** Which operation a request calls, and with what; or the error that it is refused with. */
export type Call = { operation: string; input: Input };

export type Protocol = {
  read(request: SignedRequest): Call | AwsError;
  answer(operation: string, output: unknown, requestId: string): HttpAnswer;
  error(error: AwsError, requestId: string): HttpAnswer;
};

/** Things that go wrong before or around any operation, which each service says in its own words. */
export type CommonProblem =
  | 'missingAuthentication'
  | 'incompleteSignature'
  | 'unknownKey'
  | 'invalidToken'
  | 'signature'
  | 'expired'
  | 'accessDenied'
  | 'throttle'
  | 'internal';

export type CommonErrors = Readonly<Record<CommonProblem, readonly [code: string, status: number]>>;

export const notImplemented = (service: string, operation: string): AwsError =>
  new AwsError('NotImplemented', 501, `Hallpass's local mode does not implement ${service}:${operation}`);

/** Members of an error's answer, its message among them. */
export const errorMembers = (error: AwsError): Record<string, unknown> => ({
  ...error.members,
  message: error.message,
});

function parseJson(body: Uint8Array): unknown {
  return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
}

/** A JSON object as an operation's input; an empty body is an empty object. */
export function readJsonObject(body: Uint8Array): Input | AwsError {
  if (body.byteLength === 0) return {};
  try {
    const value = parseJson(body);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Input;
  } catch {
    // Answered below, like JSON that is no object.
  }
  return new AwsError('SerializationException', 400, 'The request body is not a JSON object');
}

export const headerOf = (request: SignedRequest, name: string): string | undefined =>
  request.headers.find(([key]) => key.toLowerCase() === name)?.[1];
