/** What people and other systems are told of grants, out of its queue. It can neither decide nor record anything. */
import type { SQSEvent } from 'aws-lambda';
import { chatItemsWiring, outsideWiring, queueWiring, readWiring } from '../src/aws/chat-deps.ts';
import { deployedConfiguration } from '../src/aws/deployed-configuration.ts';
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { SLACK_API_URL } from '../src/aws/runtime.ts';
import { eachMessage } from '../src/aws/sqs-batch.ts';
import { webhookOutlet } from '../src/aws/webhooks.ts';
import { notify, type Outlet, parseNotification } from '../src/broker/outlets.ts';
import { slackSecrets } from '../src/slack/ports.ts';
import { type ChannelCache, type Pause, slackOutlet } from '../src/slack/tell.ts';
import { slackApi } from '../src/slack/web-api.ts';

export const build: Build<SQSEvent> = (runtime) => {
  const config = deployedConfiguration(runtime);
  const reading = readWiring(runtime, config);
  const outside = outsideWiring(runtime);
  const items = chatItemsWiring(runtime);
  const queue = queueWiring(runtime, 'NOTICES_QUEUE_URL');
  const channels: ChannelCache = new Map();
  const pause: Pause = {};
  return (event, context) =>
    invocationOf(runtime, context, (invocation) => {
      const { secrets, post } = outside(invocation);
      const deps = reading(invocation);
      const { slack, webhooks = [] } = config().notifications ?? {};
      const token = async (arn: string) => (await slackSecrets(secrets, arn)).botToken;
      const outlets: Outlet[] = webhooks.map((webhook) => webhookOutlet({ ...deps, post, secrets }, webhook));
      if (slack)
        outlets.unshift(
          slackOutlet({
            ...deps,
            notices: items(invocation).notices,
            channels,
            pause,
            slack: slackApi(post, () => token(slack.secret), runtime.env[SLACK_API_URL]),
          }),
        );
      return eachMessage(deps.log, event, (body) =>
        notify({ ...deps, queue: queue(invocation), outlets }, parseNotification(body)),
      );
    });
};

export const handler = lambda(build);
