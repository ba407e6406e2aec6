/** Catches a secret written into the configuration, one that no function could read, and a reference that names several. */
import { expect, test } from 'vitest';
import { UNKNOWN_NAMES } from '../../src/config/context.ts';
import { formatProblems } from '../../src/config/problem.ts';
import { checkSecretArn } from '../../src/config/secret-arn.ts';
import { parseSecretArn } from '../../src/core/arn.ts';
import { changed, read } from './file.ts';

const ARN = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:hallpass/slack-AbCdEf';
const names = UNKNOWN_NAMES;
const said = (arn: string): string[] => {
  const found: string[] = [];
  const report = (_path: unknown, message: string) => void found.push(message);
  checkSecretArn(['x'], arn, { draft: { account: '111122223333', region: 'eu-west-1' }, names, report });
  return found;
};

test('a whole ARN in the hub’s account and region', () => {
  expect(said(ARN)).toEqual([]);
  expect(parseSecretArn(ARN)).toEqual({ arn: ARN, partition: 'aws', region: 'eu-west-1', account: '111122223333' });
});

test.each([
  [ARN.replace('111122223333', '444455556666'), "is in account 444455556666; it has to be in the hub's, 111122223333"],
  [ARN.replace('eu-west-1', 'eu-west-2'), "is in eu-west-2; it has to be in the hub's region, eu-west-1"],
  [ARN.replace('arn:aws:', 'arn:aws-cn:'), 'is of the partition "aws-cn"'],
  [ARN.slice(0, -7), 'is not the whole ARN of a secret'],
  [ARN.replace('slack', '*'), 'is not the whole ARN of a secret'],
  [`${ARN}:signingSecret::`, 'is not the whole ARN of a secret'],
])('%s', (arn, message) => expect(said(arn).join('\n')).toContain(message));

test('a secret pasted by mistake is not repeated', () => {
  const [message = ''] = said('xoxb-0123456789-secret');
  expect(message).toContain('put the value into AWS Secrets Manager');
  expect(message).not.toContain('xoxb');
});

test.each([
  ['a secret', `secret: "whsec_c2VjcmV0"`, 'url: "https://x.example.com/"', 'whsec_c2VjcmV0'],
  ['an address with a password', `secret: "${ARN}"`, 'url: "https://bob:hunter2@x.example.com/"', 'hunter2'],
])(
  '%s pasted by mistake is in no line that is shown: those who read the log of a deployment are others',
  (_what, secret, url, typed) => {
    const hooks = `notifications:\n  webhooks:\n    - { name: pager, ${secret}, ${url} }\nresponders: []`;
    const text = changed('responders: []', hooks);
    const problems = read(text);
    const shown = problems.ok ? '' : formatProblems(problems.error, text);
    expect(shown.split('\n').filter((line) => line.startsWith('hallpass.yaml:21:')).length).toBeGreaterThan(0);
    expect(shown).not.toContain(typed);
  },
);

test('nor is the password of an issuer', () => {
  const text = changed(
    '  people:\n',
    '  oidc: { issuer: "https://bob:hunter2@login.example.com", audience: [x] }\n  people:\n',
  );
  const problems = read(text);
  const shown = problems.ok ? '' : formatProblems(problems.error, text);
  expect(shown).toContain('identities.oidc.issuer');
  expect(shown).not.toContain('hunter2');
});
