/** Catches a check that takes time with the square of what is in the file. */
import { expect, it } from 'vitest';
import { countCases } from '../core/fixtures.ts';
import { problemsOf, VALID } from './file.ts';

const PEOPLE = 2_000;
const GROUPS = 100;
const ENTITLEMENTS = 200;

function large(): string {
  const people = Array.from(
    { length: PEOPLE },
    (_, n) => `    p${n}: { name: Person ${n}, email: p${n}@example.com }\n`,
  );
  const groups = Array.from({ length: GROUPS }, (_, n) => {
    const members = Array.from({ length: 20 }, (_member, m) => `p${(n * 20 + m) % PEOPLE}`);
    return `    g${n}: [${members.join(', ')}]\n`;
  });
  const rules = Array.from(
    { length: ENTITLEMENTS },
    (_, n) => `  e${n}:
    description: Rule ${n}
    clusters: all
    access: { policy: AmazonEKSViewPolicy, scope: namespace, namespaces: [dev] }
    eligible: [group:g${n % GROUPS}, p${n}]
    maxDuration: 8h
    conditions: [{ window: { timeZone: Europe/Berlin, open: [mon-fri 09:00-18:00] } }]
    approval: { steps: [{ approvers: [group:g${(n + 1) % GROUPS}] }, { approvers: [group:g${(n + 2) % GROUPS}] }] }
`,
  );
  return VALID.replace('    carol: {', `${people.join('')}    carol: {`)
    .replace('    platform: [', `${groups.join('')}    platform: [`)
    .replace('entitlements:\n', `entitlements:\n${rules.join('')}`);
}

it('200 entitlements and 2,000 people are read and checked in well under a second of this process', () => {
  const text = large();
  problemsOf(VALID);
  const before = process.cpuUsage();
  expect(problemsOf(text)).toEqual([]);
  const { user, system } = process.cpuUsage(before);
  const milliseconds = Math.round((user + system) / 1_000);
  countCases(`CPU ms for ${ENTITLEMENTS} entitlements and ${PEOPLE} people in ${text.length} characters`, milliseconds);
  // A square would take minutes; the machine that runs this may be slow and busy.
  expect(milliseconds).toBeLessThan(5_000);
});
