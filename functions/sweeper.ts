/** Every minute: whatever is due and was not done. */
import { accessWiring } from '../src/aws/access-deps.ts';
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { sweep } from '../src/broker/sweep.ts';
import { parseInstant, seconds } from '../src/core/time.ts';

/** The schedule's input: `<aws.scheduler.scheduled-time>`, a clock that is not this function's. */
type Scheduled = { readonly scheduledTime?: unknown };

/** A grant is not begun with less time than its calls may take; it stays due for the next sweep. */
const ENOUGH_FOR_ONE_GRANT = seconds(20);

export const build: Build<Scheduled | null> = (runtime) => {
  const wiring = accessWiring(runtime);
  return (event, context) =>
    invocationOf(runtime, context, (invocation) =>
      sweep(
        wiring(invocation),
        () => invocation.deadline - invocation.now() < ENOUGH_FOR_ONE_GRANT,
        parseInstant(String(event?.scheduledTime)),
      ),
    );
};

export const handler = lambda(build);
