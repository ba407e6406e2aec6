/** Catches a local Slack that changes a configuration which has one already, or adds one that no deployment would take. */
import { expect, test } from 'vitest';
import { withSimulatedSlack } from '../../local/world/slack.ts';
import { sha256 } from '../../src/aws/runtime.ts';
import { deployedConfiguration, parseDeployedConfiguration } from '../../src/config/load.ts';
import { exampleConfig, replacing } from '../life/harness.ts';

const SECRET = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:hallpass/slack-Abcdef';

test('where the configuration has no Slack, every entitlement is told of in one, and the functions take it', () => {
  const config = withSimulatedSlack(exampleConfig());
  expect(parseDeployedConfiguration(deployedConfiguration(config), sha256)).toEqual(config);
  expect(Object.values(config.entitlements).map(({ notify }) => notify?.slack?.channel)).toEqual([
    'C0ACCESS000',
    'C0ACCESS000',
  ]);
});

test('a configuration that has Slack stays as it is', () => {
  const own = exampleConfig(
    replacing(
      ['  # By an id that never changes', '  slack: { team: T0OWN }\n\n  # By an id that never changes'],
      ['\nentitlements:', `\nnotifications:\n  slack: { secret: "${SECRET}" }\n\nentitlements:`],
    ),
  );
  expect(withSimulatedSlack(own)).toBe(own);
});
