/** The core by itself: how much of it a processor does in a second, and what reading a large configuration takes. */
import { createHash } from 'node:crypto';
import { readFiles } from '../src/config/read.ts';
import { chain, emptyChain, headOf } from '../src/core/audit.ts';
import { type Claim, desiredEntry, differences } from '../src/core/entry.ts';
import type { AuditEvent, EventBody } from '../src/core/event.ts';
import { replay } from '../src/core/evolve.ts';
import { evaluateRequest } from '../src/core/request.ts';
import { type Instant, instant } from '../src/core/time.ts';
import { newWorld } from '../test/broker/fake-world.ts';
import { COMPANY } from '../test/faults/company.ts';
import { type Bench, type Cell, spread } from './table.ts';

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const NOW: Instant = instant(Date.parse('2026-11-24T09:00:00Z'));
const ROUNDS = 9;
const TARGET_MS = 60;

/** Times a second, in rounds of about the same length, after a warm-up. */
function perSecond(work: () => unknown): number[] {
  let times = 1;
  const run = (count: number): number => {
    const from = process.hrtime.bigint();
    for (let n = 0; n < count; n++) work();
    return Number(process.hrtime.bigint() - from) / 1e6;
  };
  for (let taken = run(times); taken < TARGET_MS / 2; taken = run(times)) times *= 2;
  return Array.from({ length: ROUNDS }, () => (times / run(times)) * 1_000);
}

/** `entitlements` rules over `people` people in groups of ten. */
function largeFile(entitlements: number, people: number): string {
  const lines = [
    'hub: bench',
    'account: "111122223333"',
    'region: eu-west-1',
    'clusters:',
    ...Array.from({ length: 20 }, (_, n) => [
      `  c${n}: { arn: "arn:aws:eks:eu-west-1:111122223333:cluster/c${n}", executor: "arn:aws:iam::111122223333:role/executor" }`,
    ]).flat(),
    'identities:',
    '  permissionSetRole: arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_Hallpass_0123456789abcdef',
    '  people:',
    ...Array.from({ length: people }, (_, n) => `    p${n}: { name: Person ${n}, email: p${n}@example.com }`),
    '  groups:',
    ...Array.from(
      { length: people / 10 },
      (_, n) => `    g${n}: [${Array.from({ length: 10 }, (_, m) => `p${n * 10 + m}`).join(', ')}]`,
    ),
    'entitlements:',
    ...Array.from({ length: entitlements }, (_, n) => [
      `  e${n}:`,
      `    description: Rule ${n}`,
      `    clusters: [c${n % 20}]`,
      '    access: { policy: AmazonEKSViewPolicy, scope: cluster }',
      `    eligible: [group:g${n % (people / 10)}]`,
      '    maxDuration: 4h',
      `    approval: { steps: [{ approvers: [group:g${(n + 1) % (people / 10)}] }] }`,
    ]).flat(),
  ];
  return `${lines.join('\n')}\n`;
}

async function lifeOf(): Promise<readonly AuditEvent[]> {
  const world = newWorld();
  const id = await world.live('dedicated');
  return world.tables.events.get(id) ?? [];
}

export const core: Bench = {
  name: 'core',
  async run(say) {
    const person = COMPANY.directory.people['ada'];
    if (!person) throw new Error('nobody is called ada');
    const events = await lifeOf();
    const bodies: readonly EventBody[] = events.map((event) => event.body);
    const world = newWorld();
    await world.live('dedicated');
    const [held] = [...world.tables.claims.values()].flatMap((claims) => [...claims.values()]);
    const claim = held as Claim;
    const desired = desiredEntry([claim]);
    const observed = {
      entryArn: 'arn',
      principalArn: claim.principalArn,
      type: 'STANDARD',
      username: desired.username ?? '',
      kubernetesGroups: [],
      tags: desired.tags,
    };
    const small = largeFile(50, 500);
    const large = largeFile(500, 2_000);
    const works: readonly (readonly [string, () => unknown])[] = [
      [
        'a request evaluated',
        () => evaluateRequest({ entitlement: 'prod-view', justification: 'INC-4211' }, person, COMPANY, NOW),
      ],
      [`a grant replayed from its ${events.length} events`, () => replay(events)],
      [
        'an event chained and hashed',
        () => headOf(chain('g', emptyChain('g'), NOW, { kind: 'system', part: 'api' }, bodies[0] as EventBody, sha256)),
      ],
      ['an entry compared with what EKS shows', () => differences(desired, observed, [])],
      ['a configuration read: 50 entitlements, 500 people', () => readFiles([{ file: 'a.yaml', text: small }], sha256)],
      [
        'a configuration read: 500 entitlements, 2,000 people',
        () => readFiles([{ file: 'a.yaml', text: large }], sha256),
      ],
    ];
    const rows: Cell[][] = works.map(([what, work]) => {
      say(what);
      const rates = perSecond(work);
      return [
        what,
        spread(rates, 0),
        spread(
          rates.map((rate) => 1_000 / rate),
          3,
        ),
      ];
    });
    return {
      title: 'The core',
      note: `How often a second, and milliseconds each: median and middle half of ${ROUNDS} rounds, one processor, Node ${process.version}.`,
      columns: ['what', 'a second', 'ms each'],
      rows,
    };
  },
};
