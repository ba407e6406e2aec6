/** Catches what cdk-nag finds and nobody has given a reason for; and a check that has stopped finding anything. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { expect, test } from 'vitest';
import { buildStacks } from '../../infra/build.ts';
import { checkWithNag } from '../../infra/nag.ts';
import { LAMBDA, makeRole } from '../../infra/role.ts';
import { everything } from './everything.ts';
import { stubBundles } from './synthesis.ts';

/** What stops the synthesis, as text; empty when nothing does. */
function stoppedBy(build: (app: App, folder: string) => void): string {
  const folder = mkdtempSync(join(tmpdir(), 'hallpass-nag-'));
  try {
    const app = new App({ outdir: join(folder, 'out') });
    build(app, folder);
    checkWithNag(app);
    app.synth();
    return '';
  } catch (error) {
    if (error instanceof Error && error.name === 'ValidationFailed') return error.message;
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

test('nothing is found that has no reason', () => {
  const found = stoppedBy((app, folder) => {
    const bundles = stubBundles(join(folder, 'bundles'));
    buildStacks(app, everything(), { bundles, staging: join(folder, 'staging'), alarmEmail: 'oncall@example.com' });
  });
  expect(found).toBe('');
});

test('nobody to call is said', () => {
  stoppedBy((app, folder) => {
    const { hub, clusters } = buildStacks(app, everything(), {
      bundles: stubBundles(join(folder, 'bundles')),
      staging: join(folder, 'staging'),
    });
    for (const stack of [hub, ...Object.values(clusters)])
      Annotations.fromStack(stack).hasWarning('*', Match.stringLikeRegexp('Nobody hears of alarms: add -c alarmEmail'));
  });
});

test('negative control: a queue of no use, and a wildcard where none was meant', () => {
  const found = stoppedBy((app) => {
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
  expect(found).toContain('AwsSolutions-SQS3');
  expect(found).toContain('AwsSolutions-IAM5[Action::eks:*]');
});
