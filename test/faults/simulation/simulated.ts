/** A simulated world, and what has been done to it. */
import type { Duration, Instant } from '../../../src/core/time.ts';
import type { Tables } from '../../broker/fake-store.ts';
import type { World } from '../world.ts';

export type Simulated = {
  readonly world: World;
  /** Until when EKS of an account refuses every call. */
  readonly out: Map<string, Instant>;
  backup?: Tables;
  restores: number;
  /** When the table that is there now was restored. */
  restoredAt?: Instant;
  /** Something more than a fault is wrong, there, for so long: access may be late by that much. */
  disturb(where: string, length: Duration): void;
  /** Takes note of everything as it is now: a restore is about to forget it. */
  look(): void;
  /** Outsiders changed what is theirs: from now on that is how it has to stay. */
  theirsChanged(): void;
};
