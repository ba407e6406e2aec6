/**
 * The functions that Step Functions adds to JSONata, and the two of JSONata's own that read a clock. Randomness, ids
 * and time are given, so that a seeded run repeats itself.
 * https://docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html#jsonata-functions
 */
import { createHash } from 'node:crypto';
import jsonata from 'jsonata';
import { type Instant, toIso } from '../../src/core/time.ts';

/** All that the interpreter does not decide itself. `random` answers a number from 0 up to but not including 1. */
export type World = { now(): Instant; random(): number; newId(): string };

const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};

/** Arguments that are not whole numbers are rounded towards zero, as on AWS. */
const whole = (value: unknown): number => (typeof value === 'number' ? Math.trunc(value) : Number.NaN);

function partition(items: unknown, size: unknown): unknown {
  const list = Array.isArray(items) ? items : items === undefined ? [] : [items];
  const length = whole(size);
  if (list.length === 0 || !(length > 0)) return undefined;
  return Array.from({ length: Math.ceil(list.length / length) }, (_, n) => list.slice(n * length, (n + 1) * length));
}

function range(first: unknown, last: unknown, step: unknown): unknown {
  const [from, to, by] = [whole(first), whole(last), whole(step)];
  const count = Math.floor((to - from) / by) + 1;
  if (!(count > 0) || !Number.isFinite(count)) return undefined;
  const values = Array.from({ length: count }, (_, n) => from + n * by);
  // JSONata collapses a sequence of one to its item, and so does $range on AWS.
  return values.length === 1 ? values[0] : values;
}

function hash(text: unknown, algorithm: unknown): unknown {
  if (typeof text !== 'string' || algorithm === undefined) return undefined;
  const name = HASHES[String(algorithm)];
  if (!name) throw new Error(`$hash knows ${Object.keys(HASHES).join(', ')}, not ${String(algorithm)}`);
  return createHash(name).update(text).digest('hex');
}

/** A number that depends on the seed alone; not the one that AWS gives for it, which is not published. */
function seeded(seed: number): number {
  return createHash('sha256').update(String(seed)).digest().readUInt32BE() / 2 ** 32;
}

const formatted = jsonata('$fromMillis(at, picture, zone)');

/** Bindings for an expression, by name without the `$`. `$eval` is taken away: calling it fails with T1006. */
export function statesFunctions(world: World): Record<string, unknown> {
  return {
    partition,
    range,
    hash,
    parse: (text: unknown) => (typeof text === 'string' ? JSON.parse(text) : undefined),
    random: (seed: unknown) => (seed === undefined ? world.random() : seeded(whole(seed))),
    uuid: () => world.newId(),
    millis: () => world.now(),
    now: (picture: unknown, zone: unknown) =>
      picture === undefined ? toIso(world.now()) : formatted.evaluate({ at: world.now(), picture, zone }),
    eval: undefined,
  };
}
