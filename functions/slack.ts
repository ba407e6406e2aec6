/** What Slack calls: checks its signature and puts the click into a queue. It can neither read nor write the table. */
import { outsideWiring, queueWiring } from '../src/aws/chat-deps.ts';
import { deployedConfiguration } from '../src/aws/deployed-configuration.ts';
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { logTo } from '../src/aws/runtime.ts';
import { seconds } from '../src/core/time.ts';
import { receive, type SlackRequest } from '../src/slack/receive.ts';

/** Slack waits for three seconds; a call that takes longer than this is better tried again. */
const QUICK = seconds(1);

export const build: Build<SlackRequest> = (given) => {
  const runtime = { ...given, callTimeout: QUICK };
  const config = deployedConfiguration(runtime);
  const outside = outsideWiring(runtime);
  const clicks = queueWiring(runtime, 'CLICKS_QUEUE_URL');
  return (event, context) =>
    invocationOf(runtime, context, (invocation) =>
      receive(
        {
          config,
          secrets: outside(invocation).secrets,
          clicks: clicks(invocation),
          now: runtime.now,
          log: logTo(runtime),
        },
        event,
      ),
    );
};

export const handler = lambda(build);
