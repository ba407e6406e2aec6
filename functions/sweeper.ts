/** Every minute: whatever is due and was not done. */
import { endingWiring, errandWiring } from '../src/aws/access-deps.ts';
import { executors } from '../src/aws/executors.ts';
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { type Errands, runErrands } from '../src/broker/errands.ts';
import { sweep } from '../src/broker/sweep.ts';
import { parseInstant, seconds } from '../src/core/time.ts';

/** What the schedule's rule makes of its event's `time`: a clock that is not this function's. */
type Scheduled = { readonly scheduledTime?: unknown };

/** A grant is not begun with less time than its calls may take; it stays due for the next sweep. */
const ENOUGH_FOR_ONE_GRANT = seconds(20);

/** Of the code; read when it is asked for. */
const release = async (): Promise<string> =>
  (await import('../package.json', { with: { type: 'json' } })).default.version;

export const build: Build<Scheduled | null> = (runtime) => {
  const roles = executors(runtime);
  const wiring = endingWiring(runtime, roles);
  const errands = errandWiring(runtime, roles, release);
  const ran: Errands = {};
  return (event, context) =>
    invocationOf(runtime, context, async (invocation) => {
      const deps = wiring(invocation);
      const enough = (): boolean => invocation.deadline - invocation.now() < ENOUGH_FOR_ONE_GRANT;
      const swept = await sweep(deps, enough, parseInstant(String(event?.scheduledTime)));
      await runErrands({ ...deps, ...errands(invocation) }, ran, enough);
      return swept;
    });
};

export const handler = lambda(build);
