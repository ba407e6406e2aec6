/**
 * One real SIGKILL at a barrier of a grant's life, and the next start on the same folder. What is asked of it is asked
 * of EKS, IAM and the table by an administrator who knows nothing of Hallpass.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { virtualClock } from '../../local/clock.ts';
import { type Call, faultPlan } from '../../local/faults.ts';
import { inLanes } from '../../src/broker/lanes.ts';
import { type Instant, instant, minutes, plus, seconds } from '../../src/core/time.ts';
import { type Reply, START, type TestWorld, testWorld } from './harness.ts';
import { lead, REQUEST } from './led-life.ts';
import { temporaryFolder } from './local-mode.ts';
import { dedicatedRoles, items, principals } from './operator.ts';

/** Just before or just after the nth call (from 0) of an operation in the life. */
export type Barrier = Pick<Call, 'service' | 'operation' | 'write'> & {
  readonly nth: number;
  readonly when: 'before' | 'after';
};

export const nameOf = ({ service, operation, nth, when }: Barrier): string =>
  `${when} ${service} ${operation} ${nth + 1}`;

/**
 * Every barrier of the life, in order: before its first call, and after each one, which is before the next. Of queries
 * none: what a process has only read is lost with it, so that the barrier is the one of the call before.
 */
export async function barriersOf(entitlement: string): Promise<Barrier[]> {
  const faults = faultPlan([], { record: true });
  const world = await testWorld({ clock: virtualClock(START), faults, schedule: ['sweeper', 'reaper'] });
  try {
    await lead(world, entitlement);
    return barriersAmong(faults.calls);
  } finally {
    await world.close();
  }
}

function barriersAmong(calls: readonly Call[]): Barrier[] {
  const seen = new Map<string, number>();
  const after = calls.map(({ service, operation, write }): Barrier => {
    const nth = seen.get(`${service} ${operation}`) ?? 0;
    seen.set(`${service} ${operation}`, nth + 1);
    return { service, operation, write, nth, when: 'after' };
  });
  const [first] = after;
  const before: Barrier[] = first ? [{ ...first, when: 'before' }] : [];
  return [...before, ...after.filter(({ operation }) => operation !== 'Query')];
}

/** What did not hold; `reached` is false if the life went another way and never came to the barrier. */
type Aftermath = { readonly reached: boolean; readonly violations: readonly string[] };

async function killedAt(entitlement: string, barrier: Barrier): Promise<Aftermath> {
  const removals: (() => void)[] = [];
  const dataDir = join(
    temporaryFolder((remove) => removals.push(remove)),
    'data',
  );
  try {
    const { diedAt, said } = await loseProcess(dataDir, entitlement, barrier);
    if (diedAt === undefined) return { reached: false, violations: said.includes('survived') ? [] : [said] };
    return { reached: true, violations: await goOn(dataDir, entitlement, diedAt) };
  } finally {
    for (const remove of removals) remove();
  }
}

/** Two at a time: most of it is waiting for processes to start. */
export async function killedAtEach(
  entitlement: string,
  barriers: readonly Barrier[],
): Promise<{ readonly reached: number; readonly violations: readonly string[] }> {
  const violations: string[] = [];
  let reached = 0;
  await inLanes(barriers, 2, async (barrier) => {
    const aftermath = await killedAt(entitlement, barrier);
    if (aftermath.reached) reached++;
    violations.push(...aftermath.violations.map((violation) => `${nameOf(barrier)}: ${violation}`));
  });
  return { reached, violations };
}

async function loseProcess(
  dataDir: string,
  entitlement: string,
  { service, operation, nth, when }: Barrier,
): Promise<{ diedAt?: Instant; said: string }> {
  const script = fileURLToPath(new URL('victim.ts', import.meta.url));
  const args = [dataDir, entitlement, service, operation, String(nth), when];
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', script, ...args]);
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text) => {
      said += text;
    });
  const [, signal] = await once(child, 'close');
  const at = /^killed (\d+)$/m.exec(said)?.[1];
  return { said, ...(signal === 'SIGKILL' && at !== undefined && { diedAt: instant(Number(at)) }) };
}

/** Down for a few seconds; then people carry on where they were. */
async function goOn(dataDir: string, entitlement: string, diedAt: Instant): Promise<string[]> {
  const clock = virtualClock(plus(diedAt, seconds(3)));
  const world = await testWorld({ dataDir, clock, schedule: ['sweeper', 'reaper'] });
  try {
    return await carryOn(world, entitlement);
  } finally {
    await world.close();
  }
}

/** People carry on where they were; then nothing may be left, whatever happened before. */
export async function carryOn(world: TestWorld, entitlement: string): Promise<string[]> {
  const violations: string[] = [];
  await world.pass(seconds(1));
  const grants = async (): Promise<Reply['body'][]> =>
    ((await world.call('alice', 'GET', '/v1/grants')).body['grants'] as Reply['body'][] | undefined) ?? [];
  let [grant] = await grants();
  if (!grant) {
    await world.call('alice', 'POST', '/v1/grants', { ...REQUEST, entitlement });
    [grant] = await grants();
  }
  if (!grant) return ['a request after the restart was not taken'];
  const { id } = grant;
  if (grant.state === 'pending') {
    const { status } = await world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
    if (status !== 200) violations.push(`an approval after the restart was answered ${status}`);
  }
  const show = async (): Promise<Reply['body']> => (await world.call('alice', 'GET', `/v1/grants/${id}`)).body;
  await world.pass(minutes(2));
  grant = await show();
  if (['pending', 'scheduled', 'activating'].includes(grant.state))
    violations.push(`decided, and still ${grant.state}`);
  // What was denied before it was armed has no end; nothing may be there at once.
  if (grant.expiresAt !== undefined) await world.clock.advanceTo(instant(Date.parse(grant.expiresAt) + 90_000));
  const late = (await principals(world)).filter((arn) => arn === grant.principal.arn);
  if (late.length > 0) violations.push('I3: access is there 90 s after the end');
  await world.pass(minutes(13));
  return [...violations, ...leftIn(await show()), ...(await leftOf(world))];
}

function leftIn({ state, timeline }: Reply['body']): string[] {
  const ends = timeline.filter(({ type }) => ['ended', 'failed', 'denied', 'lapsed', 'withdrawn'].includes(type));
  return [
    ...(state === 'ended' ? [] : [`the grant is ${state}`]),
    ...(ends.length === 1 ? [] : [`I6: ${ends.length} ends on record`]),
    ...(timeline.filter(({ type }) => type === 'settled').length === 2 ? [] : ['it was not looked back at twice']),
  ];
}

async function leftOf(world: TestWorld): Promise<string[]> {
  const arns = await principals(world);
  const theirs = arns.filter((arn) => /platform-pipeline|mycluster-nodes/.test(arn));
  const kept = Object.keys(await items(world)).filter((key) => key.startsWith('entry#'));
  const due = Object.values(await items(world)).filter((item) => item['dueAt'] !== undefined);
  return [
    ...(theirs.length === 2 ? [] : [`I4: of two entries of others ${theirs.length} are left`]),
    ...(arns.length === theirs.length ? [] : [`entries are left: ${arns.join(', ')}`]),
    ...(await dedicatedRoles(world)).map((arn) => `the role ${arn} is left`),
    ...kept.map((key) => `${key} is left`),
    ...due.map((item) => `something of ${item['pk']} is still due`),
  ];
}
