/**
 * One run of the reaper against clusters that misbehave. Would catch a run that one cluster or one entry holds up, a
 * delete taken for done without being seen, and one that takes away what was made in the entry's place.
 */
import { describe, expect, it } from 'vitest';
import { type ReaperDeps, type ReaperEks, reap } from '../../src/broker/reap.ts';
import type { ObservedEntry } from '../../src/core/entry.ts';
import { type Instant, parseInstant } from '../../src/core/time.ts';

const PATH = 'arn:aws:iam::111122223333:role/hallpass/laptop/';
const NOW = parseInstant('2026-11-24T10:00:00Z') ?? (0 as never);
const LONG_AGO = '2026-11-24T09:00:00Z';

const ours = (name: string, expires = LONG_AGO): ObservedEntry => ({
  entryArn: `entry-of-${name}`,
  principalArn: `${PATH}${name}`,
  type: 'STANDARD',
  username: '',
  kubernetesGroups: [],
  tags: { 'hallpass:hub': 'laptop', 'hallpass:expires': expires },
});

type Fake = ReaperEks & { readonly entries: Map<string, ObservedEntry>; readonly deletes: string[]; described: number };
function cluster(...entries: readonly ObservedEntry[]): Fake {
  const there = new Map(entries.map((entry) => [entry.principalArn, entry]));
  const fake: Fake = {
    entries: there,
    deletes: [],
    described: 0,
    listPrincipals: async () => [...there.keys()],
    describeEntry: async (arn) => {
      fake.described++;
      return there.get(arn);
    },
    deleteEntry: async (arn) => {
      fake.deletes.push(arn);
      there.delete(arn);
    },
  };
  return fake;
}

type Line = { readonly level: string; readonly message: string; readonly fields?: Readonly<Record<string, unknown>> };
function run(clusters: Record<string, ReaperEks>, more: Partial<ReaperDeps> = {}) {
  const lines: Line[] = [];
  const deps: ReaperDeps = {
    mark: { hub: 'laptop', path: PATH, standingRoles: new Set() },
    clusters,
    now: () => NOW,
    log: (level, message, fields) => lines.push({ level, message, ...(fields && { fields }) }),
    ...more,
  };
  return { lines, done: reap(deps) };
}
const fails = (name: string) => async () => {
  throw Object.assign(new Error(name), { name });
};

it('counts what it saw, says how late the latest is, and writes one line of it', async () => {
  const a = cluster(ours('a'), ours('b', '2026-11-24T09:58:00Z'), ours('c', '2026-11-24T12:00:00Z'));
  const b = cluster({ ...ours('d'), tags: {} });
  const { done, lines } = run({ a, b });
  const expected = {
    clusters: 2,
    clustersFailed: 0,
    ours: 3,
    ended: 1,
    left: 0,
    untouchable: 1,
    oldestOverdueSeconds: 3_600,
  };
  expect(await done).toEqual(expected);
  expect(lines.filter((line) => line.message === 'ReaperCompleted')).toEqual([
    { level: 'info', message: 'ReaperCompleted', fields: expected },
  ]);
  expect([...a.entries.keys(), ...b.entries.keys()]).toEqual([`${PATH}b`, `${PATH}c`, `${PATH}d`]);
});

it('says 0 when there is nothing: missing data is what the alarm is for', async () => {
  expect(await run({ a: cluster() }).done).toMatchObject({ ours: 0, oldestOverdueSeconds: 0 });
});

it('one cluster that cannot be listed, and one that never answers anything else, hold up no other', async () => {
  const broken = { ...cluster(), listPrincipals: fails('AccessDeniedException') };
  const dead = {
    ...cluster(...Array.from({ length: 40 }, (_, n) => ours(`x${n}`))),
    describeEntry: fails('TimeoutError'),
  };
  const fine = cluster(ours('a'));
  const { done, lines } = run({ broken, dead, fine });
  expect(await done).toMatchObject({ clusters: 3, clustersFailed: 1, ended: 1, left: 40 });
  expect(fine.entries.size).toBe(0);
  // Four lanes, and three failures in a row: the rest is not even tried.
  expect(lines.filter((line) => line.message === 'an entry is left to the next run').length).toBeLessThanOrEqual(7);
});

describe('what it says, for alarms count the lines of that level', () => {
  const of = (lines: readonly Line[], message: string) => lines.filter((line) => line.message === message);

  it('ended by it: the hub did not do its work', async () => {
    const { done, lines } = run({ a: cluster(ours('a')) });
    await done;
    expect(of(lines, 'the reaper ended an overdue entry')).toEqual([
      {
        level: 'alarm',
        message: 'the reaper ended an overdue entry',
        fields: { cluster: 'a', principalArn: `${PATH}a`, entryArn: 'entry-of-a', overdueSeconds: 3_600 },
      },
    ]);
  });

  it('not for it to end: an alarm only where nothing else would', async () => {
    const standing = 'arn:aws:iam::111122223333:role/Standing';
    const own = { ...ours('a'), tags: {} };
    const theirs = { ...ours('b'), principalArn: standing, tags: {} };
    const { done, lines } = run(
      { a: cluster(own, theirs) },
      { mark: { hub: 'laptop', path: PATH, standingRoles: new Set([standing]) } },
    );
    expect(await done).toMatchObject({ untouchable: 2 });
    const said = of(lines, 'an entry is not for the reaper to end');
    expect(said.map(({ level }) => level)).toEqual(['alarm', 'info']);
    expect(said[0]?.fields).toEqual({
      ...{ cluster: 'a', principalArn: `${PATH}a`, entryArn: 'entry-of-a', type: 'STANDARD', tags: {} },
      why: 'it has no tag hallpass:hub',
    });
  });

  it('what is none of this hub’s is not even read', async () => {
    const theirs = { ...ours('b'), principalArn: 'arn:aws:iam::111122223333:role/nodes' };
    const fake = cluster(theirs);
    expect(await run({ a: fake }).done).toMatchObject({ ours: 0, untouchable: 0 });
    expect(fake.described).toBe(0);
  });

  it('a cluster that cannot be listed, and entries that were not come to', async () => {
    const broken = { ...cluster(), listPrincipals: fails('AccessDeniedException') };
    const dead = {
      ...cluster(...Array.from({ length: 40 }, (_, n) => ours(`x${n}`))),
      describeEntry: fails('TimeoutError'),
    };
    const { done, lines } = run({ broken, dead });
    await done;
    expect(of(lines, 'the entries of a cluster cannot be listed')).toEqual([
      {
        level: 'alarm',
        message: 'the entries of a cluster cannot be listed',
        fields: { cluster: 'broken', error: 'AccessDeniedException: AccessDeniedException' },
      },
    ]);
    const tried = of(lines, 'an entry is left to the next run');
    expect(tried[0]).toMatchObject({ level: 'alarm', fields: { cluster: 'dead', principalArn: `${PATH}x0` } });
    expect(of(lines, 'entries of a cluster are left to the next run')).toEqual([
      {
        level: 'alarm',
        message: 'entries of a cluster are left to the next run',
        fields: { cluster: 'dead', skipped: 40 - tried.length },
      },
    ]);
  });

  it('nothing is left: nothing is said of it', async () => {
    const { done, lines } = run({ a: cluster(ours('a', '2026-11-24T12:00:00Z')) });
    await done;
    expect(lines.map(({ message }) => message)).toEqual(['ReaperCompleted']);
  });

  it('gone before it could be read is nobody’s: neither ours nor left', async () => {
    const eks = { ...cluster(ours('a')), describeEntry: async () => undefined };
    const { done, lines } = run({ eks });
    expect(await done).toMatchObject({ ours: 0, ended: 0, left: 0, untouchable: 0, oldestOverdueSeconds: 0 });
    expect(lines).toHaveLength(1);
  });

  it('could not be read: left, and nothing is known of its lateness', async () => {
    const eks = { ...cluster(ours('a')), describeEntry: fails('TimeoutError') };
    expect(await run({ eks }).done).toMatchObject({ ours: 0, left: 1, oldestOverdueSeconds: 0 });
  });
});

describe('the breaker', () => {
  const alone = (
    n: number,
    ok: (nth: number) => boolean,
  ): { readonly eks: ReaperEks; readonly tried: () => number } => {
    const fake = cluster(...Array.from({ length: n }, (_, nth) => ours(`x${String(nth).padStart(2, '0')}`)));
    let tried = 0;
    const eks: ReaperEks = {
      ...fake,
      describeEntry: async (arn) => {
        if (ok(Number(arn.slice(-2)))) return undefined;
        tried++;
        throw new Error('refused');
      },
    };
    return { eks, tried: () => tried };
  };

  it('opens after three failures in a row', async () => {
    const { eks, tried } = alone(40, () => false);
    await run({ eks }).done;
    expect(tried()).toBeGreaterThanOrEqual(3);
    expect(tried()).toBeLessThanOrEqual(3 + 4);
  });

  it('does not open while others are answered: every failure is tried', async () => {
    const { eks, tried } = alone(40, (nth) => nth % 2 === 0);
    await run({ eks }).done;
    expect(tried()).toBe(20);
  });

  it('counts what was read and could not be deleted, too', async () => {
    const fake = cluster(...Array.from({ length: 40 }, (_, n) => ours(`x${n}`)));
    let deletes = 0;
    const eks: ReaperEks = {
      ...fake,
      deleteEntry: async () => {
        deletes++;
        throw new Error('refused');
      },
    };
    await run({ eks }).done;
    expect(deletes, 'three rounds for each of at most seven').toBeLessThanOrEqual(21);
  });
});

describe('a delete', () => {
  it('that failed after its effect counts as done', async () => {
    const fake = cluster(ours('a'));
    const { deleteEntry } = fake;
    const eks = { ...fake, deleteEntry: (arn: string) => deleteEntry(arn).then(fails('ECONNRESET')) };
    expect(await run({ eks }).done).toMatchObject({ ended: 1, left: 0 });
  });

  it('that has no effect the first time is sent again until the entry is seen gone', async () => {
    const fake = cluster(ours('a'));
    const { deleteEntry } = fake;
    let calls = 0;
    const eks = { ...fake, deleteEntry: async (arn: string) => (++calls === 3 ? deleteEntry(arn) : undefined) };
    expect(await run({ eks }).done).toMatchObject({ ended: 1, left: 0 });
    expect(calls).toBe(3);
  });

  it('that never has an effect is left to the next run, and its lateness is told', async () => {
    const eks = { ...cluster(ours('a')), deleteEntry: async () => {} };
    const { done, lines } = run({ eks });
    expect(await done).toMatchObject({ ended: 0, left: 1, ours: 1, oldestOverdueSeconds: 3_600 });
    expect(lines[0]).toMatchObject({
      level: 'alarm',
      fields: { error: `Error: the entry of ${PATH}a is still there` },
    });
  });

  it('is sent three times in a run, and not more often', async () => {
    let deletes = 0;
    const eks = {
      ...cluster(ours('a')),
      deleteEntry: async () => {
        deletes++;
      },
    };
    await run({ eks }).done;
    expect(deletes).toBe(3);
  });

  it('that is refused is left to the next run', async () => {
    const eks = { ...cluster(ours('a')), deleteEntry: fails('AccessDeniedException') };
    const { done, lines } = run({ eks });
    expect(await done).toMatchObject({ ended: 0, left: 1 });
    expect(lines[0]).toMatchObject({
      level: 'alarm',
      fields: { error: 'AccessDeniedException: AccessDeniedException' },
    });
  });

  it('is not sent again while nobody can read what is there', async () => {
    const fake = cluster(ours('a'));
    let reads = 0;
    const eks: ReaperEks = {
      ...fake,
      describeEntry: (arn) => (++reads === 2 ? fails('TimeoutError')() : fake.describeEntry(arn)),
    };
    expect(await run({ eks }).done).toMatchObject({ ended: 1, left: 0 });
    expect(fake.deletes).toHaveLength(1);
  });

  it('after which nobody can read what is there is not done', async () => {
    const fake = cluster(ours('a'));
    let reads = 0;
    const eks: ReaperEks = {
      ...fake,
      describeEntry: (arn) => (++reads > 1 ? fails('TimeoutError')() : fake.describeEntry(arn)),
    };
    const { done, lines } = run({ eks });
    expect(await done).toMatchObject({ ended: 0, left: 1, oldestOverdueSeconds: 3_600 });
    expect(lines[0]?.fields?.['error']).toBe('TimeoutError: TimeoutError');
    expect(fake.deletes).toHaveLength(1);
  });

  it('is not sent again when somebody has made an entry of their own meanwhile', async () => {
    const fake = cluster(ours('a'));
    const eks: ReaperEks = {
      ...fake,
      deleteEntry: async (arn) => {
        await fake.deleteEntry(arn);
        fake.entries.set(arn, { ...ours('a'), entryArn: 'theirs', tags: {} });
      },
    };
    expect(await run({ eks }).done).toMatchObject({ ended: 1 });
    expect(fake.deletes).toHaveLength(1);
    expect(fake.entries.get(`${PATH}a`)?.entryArn).toBe('theirs');
  });

  it('is not sent again when the end was raised meanwhile', async () => {
    const fake = cluster(ours('a'));
    const eks: ReaperEks = {
      ...fake,
      deleteEntry: async (arn) => {
        fake.deletes.push(arn);
        fake.entries.set(arn, ours('a', '2026-11-24T12:00:00Z'));
      },
    };
    const { done, lines } = run({ eks });
    expect(await done).toMatchObject({ ended: 0, left: 1 });
    expect(fake.deletes).toHaveLength(1);
    expect(lines[0]?.fields?.['error']).toBe(`Error: the entry of ${PATH}a was changed while it was being ended`);
  });
});

describe('clocks (F40)', () => {
  const at = (text: string): Instant => parseInstant(text) ?? (0 as never);
  const alarms = (lines: readonly Line[]) => lines.filter((line) => line.message.includes('clock'));

  it.each([
    ['agree', '2026-11-24T10:00:00Z', '2026-11-24T09:59:30Z', '2026-11-24T09:49:00Z', 1, 0],
    [
      'behind by an hour: the schedule says it is over',
      '2026-11-24T09:00:00Z',
      '2026-11-24T10:00:00Z',
      '2026-11-24T09:49:00Z',
      1,
      1,
    ],
    [
      'ahead by an hour: its own says it is over',
      '2026-11-24T11:00:00Z',
      '2026-11-24T10:00:00Z',
      '2026-11-24T10:49:00Z',
      1,
      1,
    ],
    [
      'behind by an hour, and by neither over',
      '2026-11-24T09:00:00Z',
      '2026-11-24T10:00:00Z',
      '2026-11-24T09:51:00Z',
      0,
      1,
    ],
    [
      'within a minute of each other, no alarm',
      '2026-11-24T10:00:00Z',
      '2026-11-24T10:00:59Z',
      '2026-11-24T09:51:00Z',
      0,
      0,
    ],
  ])('%s', async (_name, own, scheduled, expires, ended, alarmed) => {
    const { done, lines } = run({ a: cluster(ours('a', expires)) }, { now: () => at(own), scheduledAt: at(scheduled) });
    expect(await done).toMatchObject({ ended });
    expect(alarms(lines)).toHaveLength(alarmed);
  });

  it('a minute apart they agree; a moment more is an alarm that says by how much', async () => {
    for (const [scheduled, offs] of [
      ['2026-11-24T10:01:00Z', []],
      ['2026-11-24T10:01:01Z', [-61]],
      ['2026-11-24T09:58:59Z', [61]],
    ] as const) {
      const { done, lines } = run({}, { now: () => at('2026-11-24T10:00:00Z'), scheduledAt: at(scheduled) });
      await done;
      expect(alarms(lines)).toEqual(
        offs.map((offSeconds) => ({
          level: 'alarm',
          message: "the reaper's clock and its schedule's differ",
          fields: { offSeconds },
        })),
      );
    }
  });
});
