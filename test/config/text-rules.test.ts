/** Catches: an address that passes for a colleague's, and a ticket's pattern that a ticket can hang the API with. */
import { expect, it } from 'vitest';
import { emailProblem } from '../../src/config/email.ts';
import { nameProblem } from '../../src/config/mixed-script.ts';
import { nearest } from '../../src/config/suggest.ts';
import { ticketPatternProblem } from '../../src/config/ticket-pattern.ts';

it.each([
  'alice@example.com',
  'a.b+c_d@sub.example.co.uk',
  "o'neil@example.com",
  'jos\u00e9@example.com',
  'a@xn--bcher-kva.example',
])('takes %s', (email) => {
  expect(emailProblem(email)).toBeUndefined();
});

it.each([
  ['no @', 'alice', 'is not an e-mail address'],
  ['no domain', 'alice@', 'is not an e-mail address'],
  ['no dot', 'alice@localhost', 'is not an e-mail address'],
  ['two @', 'a@b@example.com', 'is not an e-mail address'],
  ['a space', 'a b@example.com', 'is not an e-mail address'],
  ['domain of digits', 'a@127.0.0.1', 'is not an e-mail address'],
  ['too long', `${'a'.repeat(65)}@example.com`, 'is not an e-mail address'],
  ['Cyrillic in the domain', 'a@ex\u0430mple.com', '"a@ex\\u{430}mple.com" has characters beyond ASCII'],
  ['full width in the domain', 'a@\uff45xample.com', '"a@\\u{ff45}xample.com" has characters beyond ASCII'],
  ['mixed scripts', '\u0430lice@example.com', '"\\u{430}lice@example.com" mixes scripts'],
  ['all Cyrillic before a Latin domain', '\u0430\u0441\u0435@example.com', 'mixes scripts'],
  ['full width before the @', '\uff41lice@example.com', 'mixes scripts or has characters that look like others'],
  ['a long s', 'ali\u017fe@example.com', 'mixes scripts'],
  ['a combining mark', 'a\u0316lice@example.com', 'mixes scripts'],
  ['a letter that passes for an a', '\u0251lice@example.com', 'mixes scripts'],
  ['an i without its dot', 'al\u0131ce@example.com', 'mixes scripts'],
  ['a zero-width character', 'al\u200bice@example.com', 'mixes scripts'],
])('refuses an address with %s', (_, email, expected) => {
  expect(emailProblem(email)).toContain(expected);
});

it.each([
  'Alice Archer',
  'Zo\u00eb O\u2019Neil-Mu\u00f1oz',
  '\u0410\u043b\u0438\u0441\u0430 \u0418\u0432\u0430\u043d\u043e\u0432\u0430',
  'Alice \u0418\u0432\u0430\u043d\u043e\u0432\u0430',
  '\u5f20\u4f1f (Wei Zhang)',
])('takes the name %s', (name) => {
  expect(nameProblem(name)).toBeUndefined();
});

it.each([
  ['a Cyrillic A', '\u0410lice Archer', '"\\u{410}lice" mixes Latin and Cyrillic letters'],
  ['a Greek o', 'B\u03bfb', '"B\\u{3bf}b" mixes Latin and Greek letters'],
  ['a Cherokee letter', 'C\u13aarol', 'mixes Latin and Cherokee letters'],
])('refuses a name with %s', (_, name, expected) => {
  expect(nameProblem(name)).toContain(expected);
});

it.each([
  'INC-\\d+',
  '[A-Z]{2,10}-[0-9]{1,6}',
  '(?:INC|CHG)-\\d{4,8}',
  '[A-Z]+-\\d+(?:#\\d+)?',
  '\\(x\\)',
  '[(+*]{3}',
  'a|b|c',
  '(?:ab){2}',
])('takes the pattern %s', (pattern) => {
  expect(ticketPatternProblem(pattern)).toBeUndefined();
});

it.each([
  ['', "a ticket's pattern has 1 to 200 characters"],
  ['a'.repeat(201), "a ticket's pattern has 1 to 200 characters"],
  ['INC-(', 'is not a regular expression: unterminated group'],
  ['a)|(b', 'is not a regular expression: unmatched'],
  ['\\i', 'is not a regular expression: invalid escape'],
  ['(a+)+', 'repeats a group that itself repeats or chooses'],
  ['(?:a*)*', 'repeats a group that itself repeats or chooses'],
  ['(a|a)*', 'repeats a group that itself repeats or chooses'],
  ['((a|b)c){9}', 'repeats a group that itself repeats or chooses'],
  ['(x(a?)){20}', 'repeats a group that itself repeats or chooses'],
  ['(?<n>a+)+?', 'repeats a group that itself repeats or chooses'],
  ['a*a*a*a*a*', '5 parts of variable length or with choices'],
  ['(a|a)(a|a)(a|a)(a|a)(a|a)', '5 parts of variable length or with choices'],
  ['a?a?a?a?a?aaaaa', '5 parts of variable length or with choices'],
  ['a{1000}', 'more than 100 times'],
  ['(?=a)b', 'looks around'],
  ['(?<!a)b', 'looks around'],
  ['(a)\\1', 'refers back'],
  ['(?<n>a)\\k<n>', 'refers back'],
])('refuses the pattern %s', (pattern, expected) => {
  expect(ticketPatternProblem(pattern)).toContain(expected);
});

it.each([
  ['polcy', ['policy', 'scope'], 'policy'],
  ['cluster', ['clusters'], 'clusters'],
  ['ahmin', ['admin', 'view'], 'admin'],
  ['amdin', ['admin', 'view'], 'admin'],
  ['storage', ['policy', 'scope'], undefined],
  ['', ['a'], undefined],
])('%s is meant as one of %j: %s', (given, known, expected) => {
  expect(nearest(given, known)).toBe(expected);
});
