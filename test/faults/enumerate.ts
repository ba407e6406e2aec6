/** Every call of a life × everything that can befall it. */
import { type Duration, seconds } from '../../src/core/time.ts';
import { type Ran, runScenario, type Scenario, type Struck } from './scenario.ts';
import type { Call, Fault } from './world.ts';

const DELAYS: readonly Duration[] = [1, 30, 61, 299].map(seconds);

const ANY: readonly Fault[] = [
  { kind: 'failBefore' },
  { kind: 'killBefore' },
  { kind: 'killAfter' },
  { kind: 'timeOut' },
  { kind: 'hang' },
];
const OF_WRITES: readonly Fault[] = [
  { kind: 'failAfter' },
  { kind: 'twice' },
  ...DELAYS.map((by) => ({ kind: 'delayed', by }) as const),
  ...DELAYS.map((by) => ({ kind: 'echo', by }) as const),
];
const OF_READS: readonly Fault[] = DELAYS.map((by) => ({ kind: 'stale', by }) as const);
/** The table's reads are strongly consistent, all but the index of what is due. */
const CAN_BE_STALE = (call: Call): boolean => call.service === 'eks' || call.operation === 'due';

export const faultsFor = (call: Call): readonly Fault[] => [
  ...ANY,
  ...(call.write ? OF_WRITES : CAN_BE_STALE(call) ? OF_READS : []),
];

/** Which calls are worth striking: looking for what is due where nothing follows is the same call again and again. */
export function callsWorth(calls: readonly Call[]): number[] {
  return calls
    .flatMap((call, n) => (call.operation === 'due' && calls[n + 1]?.operation === 'due' ? [] : n))
    .filter(
      (n) => calls[n]?.operation !== 'due' || calls[n - 1]?.operation !== 'due' || calls[n + 1]?.operation !== 'due',
    );
}

export type Case = { readonly name: string; readonly struck: Struck };

export function singleFaults(calls: readonly Call[]): Case[] {
  return callsWorth(calls).flatMap((n) => {
    const call = calls[n];
    return call
      ? faultsFor(call).map((fault) => ({ name: nameOf(n, call, fault), struck: new Map([[n, fault]]) }))
      : [];
  });
}

export const nameOf = (n: number, { by, service, operation }: Call, fault: Fault): string =>
  `call ${n} (${by}: ${service} ${operation}) ${fault.kind}${'by' in fault ? ` ${fault.by / 1_000} s` : ''}`;

export type Tally = {
  cases: number;
  afterEnd: Map<string, [number, string]>;
  without: Map<string, [number, string]>;
  violations: string[];
};

export const emptyTally = (): Tally => ({ cases: 0, afterEnd: new Map(), without: new Map(), violations: [] });

/** Adds what a run found, by kind of fault. */
export function count(tally: Tally, name: string, kind: string, ran: Ran): void {
  tally.cases++;
  for (const violation of ran.violations) tally.violations.push(`${name}: ${violation}`);
  for (const [of, seconds] of [
    ['afterEnd', ran.afterEnd],
    ['without', ran.without],
  ] as const)
    if (seconds > (tally[of].get(kind)?.[0] ?? -1)) tally[of].set(kind, [seconds, name]);
}

/** Runs every case, or one in `each`, beginning with the case number `from`. */
export async function enumerate(
  scenario: Scenario,
  workflow: boolean,
  tally: Tally,
  { each = 1, from = 0 }: { each?: number; from?: number } = {},
): Promise<void> {
  const { calls } = await runScenario(scenario, new Map(), { workflow });
  const cases = singleFaults(calls).filter((_, n) => n % each === from % each);
  for (const { name, struck } of cases) {
    const [[, fault] = []] = [...struck];
    const kind = `${fault?.kind ?? ''}${fault && 'by' in fault ? ` ${fault.by / 1_000} s` : ''}`;
    count(
      tally,
      `${scenario.name}, workflow ${workflow ? 'on' : 'off'}: ${name}`,
      kind,
      await runScenario(scenario, struck, { workflow }),
    );
  }
}
