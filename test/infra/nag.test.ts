/** Catches what cdk-nag finds and nobody has given a reason for; and a check that has stopped finding anything. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { expect, test } from 'vitest';
import { buildStacks } from '../../infra/build.ts';
import { checkWithNag } from '../../infra/nag.ts';
import { LAMBDA, makeRole } from '../../infra/role.ts';
import { config } from './recorded.ts';
import { stubBundles } from './synthesis.ts';

type Report = { readonly pluginReports: readonly { readonly violations: readonly { readonly ruleName: string }[] }[] };

/** Names of the rules that the stacks break. */
function broken(build: (app: App, folder: string) => void): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-nag-'));
  try {
    const app = new App({ outdir: join(folder, 'out') });
    build(app, folder);
    checkWithNag(app);
    app.synth();
    const report = JSON.parse(readFileSync(join(folder, 'out/validation-report.json'), 'utf8')) as Report;
    return report.pluginReports.flatMap(({ violations }) => violations.map(({ ruleName }) => ruleName));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('nothing is found that has no reason', () => {
  const found = broken((app, folder) => {
    const bundles = stubBundles(join(folder, 'bundles'));
    buildStacks(app, config, { bundles, staging: join(folder, 'staging'), alarmEmail: 'oncall@example.com' });
  });
  expect(found).toEqual([]);
});

test('nobody to call is said', () => {
  const found = broken((app, folder) => {
    buildStacks(app, config, { bundles: stubBundles(join(folder, 'bundles')), staging: join(folder, 'staging') });
  });
  expect(new Set(found)).toEqual(new Set(['Annotation::hallpass:nobodyIsCalled']));
});

test('negative control: a queue of no use, and a wildcard where none was meant', () => {
  const found = broken((app) => {
    const stack = new Stack(app, 'stack');
    new Queue(stack, 'queue');
    const permissions = [
      {
        sid: 'All',
        why: 'Everything.',
        actions: ['eks:*'],
        resources: ['arn:aws:eks:eu-west-1:111122223333:cluster/a'],
      },
    ];
    makeRole(stack, 'role', { name: 'role', trust: LAMBDA, description: 'd', permissions });
  });
  expect(found.join()).toContain('AwsSolutions-SQS3');
  expect(found.join()).toContain('AwsSolutions-IAM5[Action::eks:*]');
});
