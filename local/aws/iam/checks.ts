/** What IAM and STS refuse about a request's members before they look at anything else. */
import { AwsError, type Input } from '../../aws-service.ts';
import { inputReader } from '../input.ts';
import { MalformedPolicy, type Policy, type PolicyKind, parsePolicy, UnsupportedPolicy } from '../policy-document.ts';
import type { Tag } from './store.ts';

/** IAM's sentence: `Value 'x' at 'roleName' failed to satisfy constraint: Member must …`. */
export function validationError(name: string, value: unknown, constraint: string): AwsError {
  const at = name.charAt(0).toLowerCase() + name.slice(1);
  const shown = value === undefined ? 'null' : `'${String(value)}'`;
  const text = `1 validation error detected: Value ${shown} at '${at}' failed to satisfy constraint: Member ${constraint}`;
  return new AwsError('ValidationError', 400, text);
}

export const read = inputReader((name, problem) => validationError(name, undefined, problem));

export const noSuchRole = (name: string): AwsError =>
  new AwsError('NoSuchEntity', 404, `The role with name ${name} cannot be found.`);

export const limitExceeded = (text: string): AwsError => new AwsError('LimitExceeded', 409, text);

/** Part of the API that local mode does not have: said loudly, in the place of being ignored. */
export const notImplemented = (what: string): AwsError =>
  new AwsError('NotImplemented', 501, `Hallpass's local mode does not implement ${what}`);

const NAME = /^[\w+=,.@-]+$/;

function checked(name: string, value: string, longest: number, pattern: RegExp, shown: string): string {
  if (value.length > longest) {
    throw validationError(name, value, `must have length less than or equal to ${longest}`);
  }
  if (!pattern.test(value)) throw validationError(name, value, `must satisfy regular expression pattern: ${shown}`);
  return value;
}

export const readRoleName = (input: Input): string =>
  checked('RoleName', read.text(input, 'RoleName'), 64, NAME, '[\\w+=,.@-]+');

export const readPolicyName = (input: Input): string =>
  checked('PolicyName', read.text(input, 'PolicyName'), 128, NAME, '[\\w+=,.@-]+');

/** A path begins and ends with `/`; a prefix of one need not end so. */
export function readPath(input: Input, member: 'Path' | 'PathPrefix'): string {
  const value = read.optionalText(input, member) ?? '/';
  const pattern = member === 'Path' ? /^(\/|\/[!-~]*\/)$/ : /^\/[!-~]*$/;
  return checked(member, value, 512, pattern, '(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)');
}

export function readDescription(input: Input): string | undefined {
  const value = read.optionalText(input, 'Description');
  if (value === undefined) return undefined;
  return checked(
    'Description',
    value,
    1_000,
    /^[\t\n\r\u0020-\u007E\u00A1-\u00FF]*$/,
    '[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*',
  );
}

/** Seconds. */
export function readMaxSessionDuration(input: Input): number | undefined {
  const value = read.optionalNumber(input, 'MaxSessionDuration');
  if (value === undefined) return undefined;
  if (value < 3_600)
    throw validationError('MaxSessionDuration', value, 'must have value greater than or equal to 3600');
  if (value > 43_200) throw validationError('MaxSessionDuration', value, 'must have value less than or equal to 43200');
  return value;
}

export const MOST_TAGS = 50;

/** Tags of a request. Keys are unique whatever their capitals. */
export function readTags(input: Input): Tag[] {
  const value = input.Tags;
  if (value === undefined || value === '') return [];
  if (!Array.isArray(value)) throw validationError('Tags', undefined, 'must be a list');
  const tags = value.map((each: unknown): Tag => {
    const fields = (typeof each === 'object' && each !== null ? each : {}) as Input;
    const key = checked('Tags.Key', read.text(fields, 'Key'), 128, TAG_TEXT, TAG_SHOWN);
    const text = checked('Tags.Value', read.optionalText(fields, 'Value') ?? '', 256, TAG_TEXT, TAG_SHOWN);
    if (/^aws:/i.test(key))
      throw new AwsError('InvalidInput', 400, `Tag keys starting with 'aws:' are reserved for system use.`);
    return { Key: key, Value: text };
  });
  const keys = new Set(tags.map((tag) => tag.Key.toLowerCase()));
  if (keys.size < tags.length) {
    throw new AwsError(
      'InvalidInput',
      400,
      'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
    );
  }
  return tags;
}

const TAG_TEXT = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
const TAG_SHOWN = '[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*';

/** Parses a policy, saying what is wrong with it as IAM does. */
export function readPolicy(text: string, kind: PolicyKind): Policy {
  try {
    return parsePolicy(text, kind);
  } catch (error) {
    if (error instanceof MalformedPolicy) throw new AwsError('MalformedPolicyDocument', 400, error.message);
    if (error instanceof UnsupportedPolicy) throw notImplemented(`in a policy: ${error.message}`);
    throw error;
  }
}

/** Its length as IAM counts it: without white space between the parts. */
export const policyLength = (text: string): number => JSON.stringify(JSON.parse(text)).length;
