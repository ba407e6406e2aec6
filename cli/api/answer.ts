/** What came back, told apart: Hallpass's own refusal, API Gateway's, or something that is not Hallpass at all. */
import { Problem } from '../../src/http/schemas.ts';
import { Failure } from '../failure.ts';

export type RawAnswer = {
  readonly status: number;
  readonly text: string;
  readonly contentType: string;
  readonly retryAfter: string | null;
};

export function parseJson({ status, text, contentType }: RawAnswer, url: URL): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Failure(
      'unavailable',
      `${url.origin} answered ${status} with ${contentType || 'something'} that is not JSON, so it is not a Hallpass API, or something stands before it. Check HALLPASS_URL.`,
      { cause: error },
    );
  }
}

/** Undefined unless Hallpass itself said it (RFC 9457). */
export function problemIn(answer: RawAnswer): Problem | undefined {
  if (!answer.contentType.startsWith('application/problem+json')) return undefined;
  try {
    return Problem.safeParse(JSON.parse(answer.text)).data;
  } catch {
    return undefined;
  }
}

/** The failure that an answer other than 2xx stands for. */
export function failureOf(answer: RawAnswer, url: URL): Failure {
  const problem = problemIn(answer);
  if (problem) return new Failure(problem.status >= 500 ? 'unavailable' : 'refused', explainProblem(problem));
  if (answer.status >= 300 && answer.status < 400) {
    return new Failure(
      'unavailable',
      `${url.origin} points elsewhere (${answer.status}); a Hallpass API does not. Check HALLPASS_URL.`,
    );
  }
  const json = parseJson(answer, url);
  const said = messageIn(json) ?? 'no reason given';
  if (answer.status === 401 || answer.status === 403) {
    return new Failure(
      'credentials',
      `The API did not accept your credentials (${answer.status}: ${said}). They may have expired, belong to somebody who may not call this API, or be signed for another region. Where an API takes the tokens of an OpenID provider: hallpass login.`,
    );
  }
  return new Failure('unavailable', `${url.origin} answered ${answer.status}: ${said}.`);
}

function messageIn(json: unknown): string | undefined {
  if (typeof json !== 'object' || json === null) return undefined;
  const { message, Message } = json as { message?: unknown; Message?: unknown };
  const said = message ?? Message;
  return typeof said === 'string' ? said : undefined;
}

function explainProblem({ title, detail, rule, errors = [] }: Problem): string {
  const places = errors.map(({ path, message }) => `  ${path}: ${message}`);
  return [`${title}: ${detail}`, ...places, `Rule: ${rule}`].join('\n');
}
