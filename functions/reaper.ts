/** Every five minutes, in a cluster's account: ends this hub's overdue entries, whatever has become of the hub. */
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { reaperWiring } from '../src/aws/reaper-eks.ts';
import { reaperSettings } from '../src/aws/reaper-settings.ts';
import { logTo } from '../src/aws/runtime.ts';
import { reap } from '../src/broker/reap.ts';
import { parseInstant } from '../src/core/time.ts';

export type ReaperEvent = { readonly scheduledTime?: unknown } | null;

export const build: Build<ReaperEvent> = (runtime) => {
  const settings = reaperSettings(runtime);
  const clustersFor = reaperWiring(runtime, settings);
  return (event, context) =>
    invocationOf(runtime, context, (invocation) => {
      const scheduledAt = parseInstant(String(event?.scheduledTime ?? ''));
      return reap({
        mark: settings.mark,
        clusters: clustersFor(invocation),
        now: runtime.now,
        log: logTo(runtime),
        ...(scheduledAt !== undefined && { scheduledAt }),
      });
    });
};

export const handler = lambda(build);
