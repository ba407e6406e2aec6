/** Catches a local Slack that changes a configuration which has one already, or adds one that no deployment would take. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { APP, withSimulatedSlack } from '../../local/world/slack.ts';
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

const docs = new URL('../../docs/', import.meta.url);

test('the app that local mode installs is the one of the manifest: no scope more', () => {
  const manifest = parse(readFileSync(new URL('slack-manifest.yaml', docs), 'utf8'));
  expect(APP.scopes).toEqual(manifest.oauth_config.scopes.bot);
  expect(APP.events).toEqual(manifest.settings.event_subscriptions.bot_events);
  const { slash_commands: commands, shortcuts } = manifest.features;
  expect(APP.commands).toEqual(
    commands.map(({ command, description }: Record<string, string>) => ({ command, description })),
  );
  expect(APP.shortcuts).toEqual(
    shortcuts.map(({ type, callback_id, name }: Record<string, string>) => ({ type, callbackId: callback_id, name })),
  );
});

test('every picture that the documentation shows is there', () => {
  const pages = readdirSync(docs).filter((name) => name.endsWith('.md'));
  const shown = pages.flatMap((page) => [
    ...readFileSync(new URL(page, docs), 'utf8').matchAll(/!\[[^\]]+\]\((images\/[^)]+)\)/g),
  ]);
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.map(([, path = '']) => path).filter((path) => !existsSync(new URL(path, docs)))).toEqual([]);
});
