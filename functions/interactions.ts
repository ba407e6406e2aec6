/** Clicks out of their queue: who it was, and what it stands for. It records; it can open nothing. */
import type { SQSEvent } from 'aws-lambda';
import { chatItemsWiring, outsideWiring, queueWiring, slackSecretArn } from '../src/aws/chat-deps.ts';
import { deployedConfiguration } from '../src/aws/deployed-configuration.ts';
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';
import { recordWiring } from '../src/aws/record-deps.ts';
import { SLACK_API_URL } from '../src/aws/runtime.ts';
import { eachMessage } from '../src/aws/sqs-batch.ts';
import { notificationText } from '../src/broker/outlets.ts';
import type { MemberCache } from '../src/slack/identify.ts';
import { type ChatDeps, slackSecrets } from '../src/slack/ports.ts';
import { slackApi } from '../src/slack/web-api.ts';
import { work } from '../src/slack/work.ts';

export const build: Build<SQSEvent> = (runtime) => {
  const config = deployedConfiguration(runtime);
  const record = recordWiring(runtime, config);
  const outside = outsideWiring(runtime);
  const items = chatItemsWiring(runtime);
  const notices = queueWiring(runtime, 'NOTICES_QUEUE_URL');
  const members: MemberCache = new Map();
  return (event, context) =>
    invocationOf(runtime, context, (invocation) => {
      const { secrets, post } = outside(invocation);
      const arn = slackSecretArn(config());
      const current = () => slackSecrets(secrets, arn);
      const deps: ChatDeps = {
        ...record(invocation),
        slack: slackApi(post, async () => (await current()).botToken, runtime.env[SLACK_API_URL]),
        clicks: items(invocation).clicks,
        renew: (grantId) => notices(invocation).send(notificationText({ grantId, since: runtime.now(), tries: 0 })),
        signing: async () => (await current()).signing,
      };
      return eachMessage(deps.log, event, (body) => work(deps, secrets, arn, body, members));
    });
};

export const handler = lambda(build);
