/**
 * Catches a file that was made once and has gone stale, and three ways of deploying that do not give the same: CDK, one
 * CloudFormation template, Terraform.
 */
import { readFileSync } from 'node:fs';
import { Template } from 'aws-cdk-lib/assertions';
import { beforeAll, describe, expect, test } from 'vitest';
import { clusterTemplate } from '../../infra/cluster-template.ts';
import { COMMITTED } from '../../infra/committed.ts';
import { listRoles } from '../../infra/role-list.ts';
import { CannotDeploy } from '../../infra/settings.ts';
import { terraformVariables } from '../../infra/terraform-variables.ts';
import { hubNames } from '../../src/aws/deployment.ts';
import { documentOf } from '../../src/aws/permission.ts';
import { exampleConfig } from '../life/harness.ts';
import { everything, OTHER_ACCOUNT } from './everything.ts';
import { type Document, ofType, policiesOf, synthesise, type Templates } from './synthesis.ts';

const root = new URL('../../', import.meta.url).pathname;
const STREAM = 'arn:aws:dynamodb:eu-west-1:111122223333:table/hallpass-laptop/stream/<when it was made>';
const wide = everything();

let made: Templates;
beforeAll(() => {
  made = synthesise(wide, { table: { name: hubNames(wide).table, streamArn: STREAM } });
});

test.each(Object.entries(COMMITTED))('%s is current: npm run generate', (path, make) => {
  expect(readFileSync(`${root}${path}`, 'utf8')).toBe(make(exampleConfig()));
});

describe('the page of permissions', () => {
  test('lists every role that is deployed, with every statement', () => {
    const deployed = policiesOf(made.hub, ...Object.values(made.byAccount));
    const listed = listRoles(wide).filter((role) => !role.name.startsWith('AWSReservedSSO_'));
    expect(new Set(listed.map((role) => role.name))).toEqual(new Set(Object.keys(deployed)));
    for (const [account, template] of Object.entries(made.byAccount)) {
      const here = policiesOf(template);
      for (const role of listed.filter((one) => one.account === account && one.name in here))
        expect(documentOf(role.permissions)).toEqual(here[role.name]);
    }
    for (const [name, document] of Object.entries(policiesOf(made.hub)))
      expect(documentOf(listed.find((role) => role.name === name)?.permissions ?? [])).toEqual(document);
  });

  test('explains every wildcard, at the wildcard', () => {
    for (const { permissions } of listRoles(wide))
      for (const { sid, why, resources, actions } of permissions) {
        expect(actions.join(), sid).not.toMatch(/[*?]/);
        if (resources.some((resource) => /[*?]/.test(resource))) expect(why, sid).toMatch(/`[*?]`/);
        expect(why.length, sid).toBeGreaterThan(20);
      }
  });

  test('statements of one role have names of their own', () => {
    for (const { permissions } of listRoles(wide)) {
      const sids = permissions.map(({ sid }) => sid);
      expect(new Set(sids).size).toBe(sids.length);
      for (const sid of sids) expect(sid).toMatch(/^[A-Za-z0-9]+$/);
    }
  });
});

type Variables = {
  readonly executors: Readonly<
    Record<string, { readonly path: string; readonly trust: object; readonly policy: Document }>
  >;
  readonly reaper: {
    readonly name: string;
    readonly trust: object;
    readonly policy: Document;
    readonly environment: Record<string, string>;
    readonly timeout: number;
    readonly memory: number;
  };
  readonly emergency?: { readonly name: string; readonly trust: object; readonly policy: Document };
};

describe.each(['111122223333', OTHER_ACCOUNT])('three ways into account %s', (account) => {
  const variables = (): Variables => JSON.parse(terraformVariables(wide, account)) as Variables;
  const plain = (): Template =>
    Template.fromJSON(JSON.parse(clusterTemplate(wide, account)) as Record<string, unknown>);
  const cdk = (): Template => made.byAccount[account] ?? Template.fromJSON({});
  const trusts = (template: Template): Record<string, unknown> =>
    Object.fromEntries(
      ofType(template, 'AWS::IAM::Role').map(({ Properties }) => [
        String(Properties['RoleName']),
        Properties['AssumeRolePolicyDocument'],
      ]),
    );

  test('the same policies', () => {
    const { executors, reaper, emergency } = variables();
    const terraform = {
      ...(emergency && { [emergency.name]: emergency.policy }),
      ...Object.fromEntries(Object.entries(executors).map(([name, { policy }]) => [name, policy])),
      [reaper.name]: reaper.policy,
    };
    expect(Object.keys(terraform)).toHaveLength(emergency ? 3 : 2);
    expect(terraform).toEqual(policiesOf(cdk()));
    expect(policiesOf(plain())).toEqual(policiesOf(cdk()));
  });

  test('the same trusts', () => {
    const { executors, reaper, emergency } = variables();
    const terraform = {
      ...(emergency && { [emergency.name]: emergency.trust }),
      ...Object.fromEntries(Object.entries(executors).map(([name, { trust }]) => [name, trust])),
      [reaper.name]: reaper.trust,
    };
    expect(terraform).toEqual(trusts(cdk()));
    expect(trusts(plain())).toEqual(trusts(cdk()));
  });

  test('the same function', () => {
    const { reaper } = variables();
    const described = (template: Template) => {
      const [fn] = ofType(template, 'AWS::Lambda::Function');
      const { Code: _code, ...rest } = fn?.Properties ?? {};
      return rest;
    };
    expect(described(plain())).toEqual(described(cdk()));
    expect(described(cdk())).toMatchObject({
      FunctionName: reaper.name,
      Timeout: reaper.timeout,
      MemorySize: reaper.memory,
      Environment: { Variables: reaper.environment },
    });
  });
});

describe('the Terraform module', () => {
  const read = (file: string): string => readFileSync(`${root}infra/terraform/cluster-account/${file}`, 'utf8');

  test('writes no policy of its own', () => {
    const main = read('main.tf');
    const documents = [...main.matchAll(/(?:assume_role_policy|policy) += (.*)/g)].map(([, value]) => value);
    expect(documents).toEqual([
      'jsonencode(each.value.trust)',
      'jsonencode(each.value.policy)',
      'jsonencode(var.emergency.trust)',
      'jsonencode(var.emergency.policy)',
      'jsonencode(var.reaper.trust)',
      'jsonencode(var.reaper.policy)',
    ]);
    expect(main).not.toMatch(/aws_iam_policy|managed_policy|inline_policy/);
  });

  test('runs the reaper as the stack does', () => {
    const [fn] = ofType(made.clusters, 'AWS::Lambda::Function');
    const [schedule] = ofType(made.clusters, 'AWS::Events::Rule').filter(
      ({ Properties }) => 'ScheduleExpression' in Properties,
    );
    const main = read('main.tf');
    expect(main).toContain(`runtime          = "${String(fn?.Properties['Runtime'])}"`);
    expect(main).toContain(`handler          = "${String(fn?.Properties['Handler'])}"`);
    expect(main).toContain(`schedule_expression = "${String(schedule?.Properties['ScheduleExpression'])}"`);
    const [target] = (schedule?.Properties['Targets'] ?? []) as { InputTransformer: { InputTemplate: string } }[];
    expect(main).toContain(`input_template = ${JSON.stringify(target?.InputTransformer.InputTemplate)}`);
    const { LogFormat, SystemLogLevel, ApplicationLogLevel } = (fn?.Properties['LoggingConfig'] ?? {}) as Record<
      string,
      string
    >;
    expect(main).toContain(`log_format            = "${LogFormat}"`);
    expect(main).toContain(`system_log_level      = "${SystemLogLevel}"`);
    expect(main).toContain(`application_log_level = "${ApplicationLogLevel}"`);
  });

  test('has the same alarms', () => {
    const alarms = read('alarms.tf');
    const numbers = [
      ...alarms.matchAll(/(Reaper\w+) += \{ metric = "(\w+)".*threshold = (\d+), periods = (\d+), missing = "(\w+)"/g),
    ];
    const stack = ofType(made.clusters, 'AWS::CloudWatch::Alarm')
      .map(({ Properties: alarm }) => [
        String(alarm['AlarmName']).replace('hallpass-laptop-reaper-', ''),
        alarm['MetricName'],
        String(alarm['Threshold']),
        String(alarm['EvaluationPeriods']),
        alarm['TreatMissingData'],
      ])
      .filter(([name]) => name !== 'ReaperFails');
    expect(numbers.map(([, ...rest]) => rest)).toEqual(stack);
  });
});

test('an account without clusters is refused, by name of those with', () => {
  for (const make of [clusterTemplate, terraformVariables]) {
    expect(() => make(wide, '999999999999')).toThrow(CannotDeploy);
    expect(() => make(wide, '999999999999')).toThrow('there are 111122223333, 222222222222');
  }
});
