/** Catches a mistake that would only show when AWS refuses half a deployment: each stops here, and says what to do. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CannotDeploy, configurationAt, settingsOf } from '../../infra/settings.ts';
import { exampleConfig, replacing } from '../life/harness.ts';
import { FUNCTION_NAMES, stubBundles, synthesise } from './synthesis.ts';

const folder = mkdtempSync(join(tmpdir(), 'hallpass-bad-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const EXECUTOR = 'executor: arn:aws:iam::111122223333:role/hallpass-executor';
const context = (given: Record<string, unknown>) => ({ tryGetContext: (name: string) => given[name] });

describe('a configuration that no deployment could satisfy', () => {
  test.each([
    ['hallpass-laptop-worker', 'makes a role called hallpass-laptop-worker in account 111122223333'],
    // IAM tells names apart whatever their case, and whatever their path.
    ['HALLPASS-laptop-API', 'makes a role called hallpass-laptop-api'],
    ['platform/hallpass-laptop-reaper', 'makes a role called hallpass-laptop-reaper'],
    ['hallpass-laptop-workflow-execution', 'Give the executor another name'],
  ])('an executor called %s', (name, says) => {
    const config = exampleConfig(replacing([EXECUTOR, `executor: arn:aws:iam::111122223333:role/${name}`]));
    expect(() => synthesise(config)).toThrow(CannotDeploy);
    expect(() => synthesise(config)).toThrow(says);
  });

  test('an executor whose policy IAM would refuse', () => {
    const rules = Array.from(
      { length: 60 },
      (_, n) => `
  team-${n}:
    description: Team ${n}
    clusters: [mycluster]
    access: { policy: AmazonEKSEditPolicy, scope: namespace, namespaces: [team-${n}] }
    eligible: [alice]
    maxDuration: 1h
    approval: { autoApprove: true }
`,
    );
    const config = exampleConfig((text) => text + rules.join(''));
    expect(() => synthesise(config)).toThrow(
      /its policy would have \d+ characters, and IAM takes 10240\. Give some of its clusters an executor of another name/,
    );
  });

  test('a webhook to the machine that calls it: in a sandbox of Lambda that is Lambda’s own interface', () => {
    const secret = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:pager-AbCdEf';
    const hooks = `\nnotifications:\n  webhooks:\n    - { name: pager, url: "http://127.0.0.1:9001/", secret: "${secret}" }\n\nentitlements:`;
    expect(() => synthesise(exampleConfig(replacing(['\nentitlements:', hooks])))).toThrow(
      'notifications.webhooks.pager: http://127.0.0.1:9001/ is on the machine that calls it',
    );
  });

  test('a partition where nothing was ever tried', () => {
    const config = exampleConfig((text) =>
      text.replaceAll('arn:aws:', 'arn:aws-iso:').replaceAll('eu-west-1', 'us-iso-east-1'),
    );
    expect(() => synthesise(config)).toThrow(
      'us-iso-east-1 is in the partition aws-iso. Hallpass is deployed to aws, aws-cn, aws-us-gov',
    );
  });

  test('bundles that were never made', () => {
    const bundles = stubBundles(join(folder, 'some'), FUNCTION_NAMES.slice(1));
    expect(() => synthesise(exampleConfig(), { bundles })).toThrow(
      'api/index.mjs. Make the bundles first: npm run bundle',
    );
  });
});

describe('a configuration file', () => {
  test('that is not there', () => {
    expect(() => configurationAt(join(folder, 'none.yaml'))).toThrow(
      'cannot be read. Name the configuration with -c config=<path>',
    );
  });

  test.each([
    [
      'arn:aws:eks:eu-west-1:111122223333:cluster/mycluster',
      'arn:aws:eks::111122223333:cluster/mycluster',
      'clusters.mycluster.arn',
    ],
    [
      'arn:aws:eks:eu-west-1:111122223333:cluster/mycluster',
      'arn:aws:eks:eu-west-1::cluster/mycluster',
      'clusters.mycluster.arn',
    ],
    ['region: eu-west-1', 'region: moon', '"moon" is not an AWS region'],
    ['region: eu-west-1', 'region: cn-north-1', 'is of the partition "aws"'],
  ])('with %s as %s: every problem, with its line', (from, to, says) => {
    const file = join(folder, 'hallpass.yaml');
    writeFileSync(file, replacing([from, to])(exampleText()));
    expect(() => configurationAt(file)).toThrow(CannotDeploy);
    expect(() => configurationAt(file)).toThrow(says);
    expect(() => configurationAt(file)).toThrow(/hallpass\.yaml:\d+:\d+: /);
  });
});

describe('what is given beside it', () => {
  test.each([
    [{ alarmEmail: 'nobody' }, '-c alarmEmail=nobody is not an e-mail address'],
    [{ reservedConcurrency: 'many' }, '-c reservedConcurrency=many is not a number from 1 to 50'],
    [{ organization: 'acme' }, '-c organization=acme is not the id of an organization, like o-a1b2c3d4e5'],
    [{ table: 'restored' }, '-c table and -c tableStream go together'],
    [{ tableStream: 'arn:aws:dynamodb:eu-west-1:111122223333:table/t/stream/x' }, 'go together'],
    [{ table: 'restored', tableStream: 'restored' }, "-c tableStream=restored is not the ARN of the table's stream"],
    [{ config: 7 }, '-c config=7 is not text'],
  ])('%j', (given, says) => expect(() => settingsOf(context(given))).toThrow(says));

  test('nothing is a deployment of hallpass.yaml from dist/functions', () =>
    expect(settingsOf(context({}))).toEqual({ config: 'hallpass.yaml', bundles: 'dist/functions' }));
});

function exampleText(): string {
  let found = '';
  exampleConfig((text) => {
    found = text;
    return text;
  });
  return found;
}
