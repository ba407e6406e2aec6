/** Catches an alarm that wakes somebody and names a page that says nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { everything } from './everything.ts';
import { ofType, synthesise } from './synthesis.ts';

const operations = readFileSync(new URL('../../docs/operations.md', import.meta.url), 'utf8');
const deploy = readFileSync(new URL('../../docs/deploy.md', import.meta.url), 'utf8');

test('every alarm has its runbook', () => {
  const { hub, clusters } = synthesise(everything());
  const headings = [...operations.matchAll(/^### (\w+)$/gm)].map(([, name]) => (name ?? '').toLowerCase());
  const named = [hub, clusters]
    .flatMap((template) => ofType(template, 'AWS::CloudWatch::Alarm'))
    .map(({ Properties }) => /docs\/operations\.md#(\w+)$/.exec(String(Properties['AlarmDescription']))?.[1]);
  expect(named.toSorted()).toEqual(headings.toSorted());
}, 60_000);

test('every setting that the stacks know is on the page', () => {
  for (const name of ['config', 'alarmEmail', 'organization', 'table', 'tableStream', 'reservedConcurrency'])
    expect(deploy).toContain(`\`${name}\``);
});

test('every line of level alarm is on the page', () => {
  const broker = new URL('../../src/broker/', import.meta.url);
  const sources = readdirSync(broker).map((file) => readFileSync(new URL(file, broker), 'utf8'));
  const messages = sources.flatMap((text) =>
    [...text.matchAll(/log\(\s*(?:'alarm'|level|alarming \? 'alarm' : 'info'),\s*(['"])(.*?)\1/g)].map(
      ([, , message]) => message,
    ),
  );
  expect(messages.length).toBeGreaterThan(10);
  for (const message of new Set(messages)) expect(operations).toContain(`| ${message} |`);
});
