/**
 * Every five minutes, in a cluster's account: ends this hub's overdue entries, whatever has become of the hub. And asked
 * before its stack is deleted: is there any access left that it would end?
 */
import { answerGuard } from '../src/aws/custom-resource.ts';
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { reaperWiring, withoutGone } from '../src/aws/reaper-eks.ts';
import { reaperSettings } from '../src/aws/reaper-settings.ts';
import { logTo } from '../src/aws/runtime.ts';
import { destroyedByTerraform } from '../src/aws/terraform-invocation.ts';
import { guardLeaving } from '../src/broker/guardLeaving.ts';
import { reap } from '../src/broker/reap.ts';
import { parseInstant } from '../src/core/time.ts';

export type ReaperEvent = { readonly scheduledTime?: unknown; readonly ResponseURL?: unknown; readonly tf?: unknown };

const CANNOT_TELL =
  'Hallpass cannot tell whether access would be left behind. If a cluster is out of reach for good, delete the stack with --retain-resources and the name of this resource';

export const build: Build<ReaperEvent | null> = (runtime) => {
  const settings = reaperSettings(runtime);
  const { mark } = settings;
  const clustersFor = reaperWiring(runtime, settings);
  const { now } = runtime;
  const log = logTo(runtime);
  return (event, context) => {
    const leaving = () =>
      invocationOf(runtime, context, (invocation) =>
        guardLeaving({ mark, clusters: withoutGone(clustersFor(invocation)), now }),
      );
    if (event?.ResponseURL !== undefined)
      return answerGuard(
        event,
        async ({ request }) => (request === 'Delete' ? leaving() : undefined),
        CANNOT_TELL,
        log,
      );
    if (event?.tf !== undefined) return destroyedByTerraform(event.tf, leaving);
    return invocationOf(runtime, context, (invocation) => {
      const scheduledAt = parseInstant(String(event?.scheduledTime ?? ''));
      const clusters = clustersFor(invocation);
      return reap({ mark, clusters, now, log, ...(scheduledAt !== undefined && { scheduledAt }) });
    });
  };
};

export const handler = lambda(build);
