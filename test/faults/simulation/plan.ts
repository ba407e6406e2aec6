/** What will happen in a simulated world, drawn from its seed before it begins, so that any part of it can be left out. */
import type { Random } from '../random.ts';

export const DEEDS = {
  ask: 40,
  approve: 46,
  deny: 3,
  withdraw: 4,
  end: 8,
  extend: 8,
  approveExtension: 10,
  askForSeveral: 10,
  delegate: 5,
  undelegate: 2,
  endTogether: 2,
  workflowOff: 2,
  workflowOn: 2,
  deploy: 2,
  accountOut: 2,
  sweeperOut: 1,
  backUp: 2,
  restore: 1,
  deleteOurs: 2,
  widenOurs: 2,
  narrowOurs: 1,
  untagOurs: 2,
  tagTheirs: 2,
  standingEntry: 2,
  replaceCluster: 1,
  replaceRole: 1,
} as const;
export type Deed = keyof typeof DEEDS;

/** `seed` decides who, what and which; `at` counts milliseconds from the start. */
export type Planned = { readonly at: number; readonly deed: Deed; readonly seed: number };

/** What outsiders do with entries of a standing role. */
export const MEDDLING: readonly Deed[] = ['standingEntry', 'replaceRole', 'replaceCluster', 'deleteOurs', 'untagOurs'];

export function planFrom(random: Random, length: number, meddled: boolean): Planned[] {
  const bag = (Object.keys(DEEDS) as Deed[])
    .filter((deed) => meddled || !MEDDLING.includes(deed))
    .flatMap((deed) => Array.from({ length: DEEDS[deed] }, () => deed));
  return Array.from({ length: 60 + random.below(120) }, () => ({
    at: random.below(length),
    deed: random.pick(bag),
    seed: random.below(2 ** 31),
  })).sort((a, b) => a.at - b.at);
}
