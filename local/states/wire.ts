/** How requests are read and answers written: members, ARNs, JSON text, times and pages. */
import * as z from 'zod';
import { type Duration, days, type Instant, instant, minus, toSeconds } from '../../src/core/time.ts';
import type { Context, Input } from '../aws-service.ts';
import { invalidArn, invalidName, invalidToken, notImplemented, validationFailed } from './refusals.ts';

/** Reads the members of a request. A member that local mode does not know is refused by name, 501. */
export function read<T extends z.ZodType>(schema: T, input: Input): z.infer<T> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  if (issue?.code === 'unrecognized_keys') throw notImplemented(`the member '${issue.keys.join("', '")}'`);
  throw validationFailed(
    `Value at '${issue?.path.join('.') ?? ''}' failed to satisfy constraint: ${issue?.message ?? ''}`,
  );
}

/** JSON text of at most 256 KiB, the limit of the service's model. */
export const data = z
  .string()
  .refine((text) => Buffer.byteLength(text) <= 262_144, 'must have length less than or equal to 262144');

export const epochSeconds = (at: Instant): number => toSeconds(at as number as Duration);

const NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}\p{Cs}\u{fffe}\u{ffff}\u{10ffff}]{1,80}$/u;
export function checkName(name: string): string {
  if (!NAME.test(name)) throw invalidName(name);
  return name;
}

const MACHINE = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:stateMachine:[^:/]{1,80}$/;
const EXECUTION = /^arn:aws[a-z-]*:states:[a-z0-9-]+:\d{12}:execution:[^:/]{1,80}:[^:/]{1,80}$/;
function checkArn(pattern: RegExp, arn: string): string {
  if (!pattern.test(arn)) throw invalidArn(arn);
  return arn;
}
/** Versions and aliases (`…:stateMachine:NAME:3`) are not implemented and refused here. */
export const checkMachineArn = (arn: string): string => checkArn(MACHINE, arn);
export const checkExecutionArn = (arn: string): string => checkArn(EXECUTION, arn);
export const machineArn = ({ region, caller }: Context, name: string): string =>
  `arn:aws:states:${region}:${caller.account}:stateMachine:${name}`;
export const executionArn = (stateMachineArn: string, name: string): string =>
  `${stateMachineArn.replace(':stateMachine:', ':execution:')}:${name}`;

/** Whether a text is JSON, and if not why not. */
export function parseJson(text: string, refuse: (why: string) => Error): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
}

export const pageMembers = {
  maxResults: z.int().min(0).max(1_000).optional(),
  nextToken: z.string().optional(),
};
const cursor = z.tuple([z.string(), z.int().min(1), z.number()]);

/**
 * Which part of `total` things a page shows, and the token for the next. `about` is everything that must stay the
 * same from page to page; a token for something else, or older than 24 hours, is InvalidToken.
 */
export function page(
  { maxResults, nextToken }: { maxResults?: number | undefined; nextToken?: string | undefined },
  about: string,
  total: number,
  now: Instant,
): { from: number; to: number; token: { nextToken?: string } } {
  const from = nextToken === undefined ? 0 : readCursor(nextToken, about, now);
  const to = Math.min(total, from + (maxResults || 100));
  const next = Buffer.from(JSON.stringify([about, to, now])).toString('base64url');
  return { from, to, token: to < total ? { nextToken: next } : {} };
}

function readCursor(token: string, about: string, now: Instant): number {
  const found = cursor.safeParse(parseJson(Buffer.from(token, 'base64url').toString(), invalidToken));
  if (!found.success || found.data[0] !== about || instant(found.data[2]) <= minus(now, days(1))) throw invalidToken();
  return found.data[1];
}
