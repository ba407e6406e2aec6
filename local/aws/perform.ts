/**
 * Runs one authenticated call under a fault. What the caller gets is a value, so that the connection's end of it (cut,
 * left hanging, answered late) is the endpoint's business and the effect's end is here.
 */
import { type Duration, type Instant, minus, plus } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';
import type { Fault } from '../faults.ts';

/** What becomes of the connection. */
export type Ending<Answer> =
  | { kind: 'answer'; answer: Answer }
  | { kind: 'answerLater'; answer: Answer; at: Instant }
  /** Closed without a word. */
  | { kind: 'cut' }
  /** Left open until the caller gives up. */
  | { kind: 'hang' };

export type Attempt<Answer> = {
  /** The effect and its answer. `asOf`: answer a read as things were then. Refusals of AWS are answers. */
  run(asOf?: Instant): Promise<Answer>;
  write: boolean;
  /** The service's answer to a fault that lets nothing happen. */
  refuse(kind: 'throttle' | 'failBefore' | 'accessDenied' | 'conflict'): Answer;
  clock: Clock;
  /** Told of what goes wrong when nobody waits any more. */
  report(error: unknown): void;
};

export async function perform<Answer>(attempt: Attempt<Answer>, fault: Fault | undefined): Promise<Ending<Answer>> {
  const { clock } = attempt;
  const run = (asOf?: Instant): Promise<Answer> => clock.track(attempt.run(asOf));
  switch (fault?.kind) {
    case undefined:
      return { kind: 'answer', answer: await run() };
    case 'throttle':
    case 'failBefore':
    case 'accessDenied':
    case 'conflict':
      return { kind: 'answer', answer: attempt.refuse(fault.kind) };
    case 'failAfter':
      await run();
      return { kind: 'cut' };
    case 'delayed':
      clock.at(plus(clock.now(), fault.by), () => run().then(() => {}, attempt.report));
      return { kind: 'cut' };
    case 'twice':
      await run();
      return { kind: 'answer', answer: await run() };
    case 'hang':
      return { kind: 'hang' };
    case 'slow':
      return { kind: 'answerLater', answer: await run(), at: plus(clock.now(), fault.by) };
    case 'kill':
      if (fault.when === 'after') await run();
      process.kill(process.pid, 'SIGKILL');
      return { kind: 'hang' };
    case 'stale':
      return { kind: 'answer', answer: await (attempt.write ? run() : run(ago(clock, fault.by))) };
  }
}

const ago = (clock: Clock, by: Duration): Instant => minus(clock.now(), by);
