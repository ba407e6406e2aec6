/** Catches a message or form that Slack would refuse: every one that there is, for every extreme that a configuration admits. */
import { describe, expect, test } from 'vitest';
import { problemsOfBlocks, problemsOfView, textLength } from '../../local/slack/block-kit/validate.ts';
import type { Grant } from '../../src/core/grant.ts';
import { isOver } from '../../src/core/grant.ts';
import { minutes, plus } from '../../src/core/time.ts';
import type { Block, Message, View } from '../../src/slack/blocks.ts';
import { grantCard } from '../../src/slack/card.ts';
import { denialModal, extensionModal, resultModal } from '../../src/slack/decision-modals.ts';
import { homeView } from '../../src/slack/home.ts';
import { sealed } from '../../src/slack/metadata.ts';
import { lastWord, usageNote, warning, warningOver } from '../../src/slack/notes.ts';
import { planMessages } from '../../src/slack/plan.ts';
import { errorsOf, requestInput, requestModal } from '../../src/slack/request-modal.ts';
import { sha256 } from '../broker/fake-world.ts';
import { at, CONFIG, countCases } from '../core/fixtures.ts';
import { ADA, EVENTS, EXTREME_CONFIG, extremeGrants, MANY_ENTITLEMENTS } from './extremes.ts';

const LOOK = { config: EXTREME_CONFIG, sha256, now: at(5) };
const METADATA = sealed(
  {
    team: 'T0HALLPASS',
    user: 'U0ALICE',
    openedAt: at(0),
    person: 'p'.repeat(63),
    grant: 'g'.repeat(26),
    digest: 'd'.repeat(32),
    channel: 'C0GRANTS01',
  },
  's'.repeat(32),
);
/** What is observed of Slack: a message whose texts are longer is refused. */
const MOST_TEXT = 13_000;

function problemsOfMessage({ text, blocks }: Message): string[] {
  const problems = problemsOfBlocks(blocks);
  if (text.length > 4_000) problems.push('text too long');
  if (textLength(blocks) > MOST_TEXT) problems.push(`${textLength(blocks)} characters together`);
  return problems;
}

const GRANTS = extremeGrants();
countCases('extreme grants', GRANTS.length);

describe.each(GRANTS)('%s', (_what, grant: Grant) => {
  test('cards, notes, and everything that is planned', () => {
    const messages: Message[] = [
      ...(['channel', 'approver', 'responder', 'requester'] as const).map((audience) =>
        grantCard(grant, audience, LOOK),
      ),
      ...planMessages(grant, EVENTS, LOOK).map(({ message }) => message),
      warningOver(grant),
      ...(grant.state === 'active' ? [usageNote(grant), warning(grant, LOOK)] : []),
      ...(isOver(grant) ? [lastWord(grant, EXTREME_CONFIG)] : []),
    ];
    // Sixty approvers are shown the same message.
    for (const message of new Set(messages)) expect(problemsOfMessage(message)).toEqual([]);
  });

  test('forms', () => {
    const views: View[] = [denialModal(grant, METADATA)];
    if (grant.state === 'active') {
      views.push(extensionModal(grant, EXTREME_CONFIG, METADATA));
      views.push(extensionModal({ ...grant, expiresAt: plus(grant.armedAt, minutes(480)) }, EXTREME_CONFIG, METADATA));
    }
    for (const view of views) expect(problemsOfView(view)).toEqual([]);
  });

  test('App Home, full of it', () => {
    const many = Array.from({ length: 100 }, () => grant);
    expect(problemsOfView(homeView({ waiting: many, own: many }, EXTREME_CONFIG, sha256))).toEqual([]);
  });
});

describe('the form for asking', () => {
  const offered = Object.keys(MANY_ENTITLEMENTS.entitlements);

  test('two hundred entitlements, nothing chosen', () => {
    const view = requestModal(ADA, MANY_ENTITLEMENTS, {}, METADATA);
    expect(problemsOfView(view)).toEqual([]);
    expect(optionsIn(view.blocks).filter((value) => offered.includes(value))).toEqual(offered);
  });

  test.each([0, 1, 2])('chosen: of kind %i', (n) => {
    const entitlement = offered[n] ?? '';
    const view = requestModal(ADA, MANY_ENTITLEMENTS, { entitlement }, METADATA);
    expect(problemsOfView(view)).toEqual([]);
    expect(JSON.stringify(view.blocks)).toContain(`cluster/${entitlement}`);
  });

  test('it offers what this person may ask for, and nothing else', () => {
    const nobody = CONFIG.directory.people['eve'] ?? ADA;
    const view = requestModal(nobody, CONFIG, {}, METADATA);
    expect(problemsOfView(view)).toEqual([]);
    expect(optionsIn(view.blocks)).toEqual([]);
    expect(optionsIn(requestModal(ADA, CONFIG, {}, METADATA).blocks)).toContain('prod-view');
  });

  test('another choice, other fields: what was chosen for the first is not sent with the second', () => {
    const [first = '', , third = ''] = offered;
    const answers = {
      entitlement: third,
      [`namespaces/${first}`]: ['kube-system'],
      [`cluster/${third}`]: 'c7',
      'duration/x': '9h',
    };
    expect(requestInput(answers)).toEqual({ entitlement: third, cluster: 'c7' });
  });

  test('a refusal names only a field that is in the form', () => {
    const answers = { entitlement: 'prod-view', 'cluster/prod-view': 'prod', justification: '' };
    const shown = (refusal: Parameters<typeof errorsOf>[0]) => Object.keys(errorsOf(refusal, answers))[0];
    expect(shown({ reason: 'clusterNeeded', entitlement: 'prod-view', clusters: ['a'] })).toBe('cluster/prod-view');
    expect(shown({ reason: 'justificationMissing', entitlement: 'prod-view' })).toBe('justification');
    expect(shown({ reason: 'tooManyOpenGrants', open: 5, limit: 5 })).toBe('entitlement');
    // It has no such field: shown where it will be seen.
    expect(shown({ reason: 'namespacesNeeded', offered: ['a'] })).toBe('entitlement');
  });
});

test('results of forms', () => {
  for (const text of ['', 'x'.repeat(10_000)])
    expect(problemsOfView(resultModal('T'.repeat(100), text || '–'))).toEqual([]);
});

test('what would be too long is refused here', () => {
  expect(problemsOfBlocks([{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3_001) } }])).not.toEqual([]);
  expect(() => sealed({ team: 'T', user: 'U', openedAt: at(0), digest: 'x'.repeat(3_000) }, 's')).toThrow(RangeError);
});

test('PEERS 15: nobody approves what was not shown: every namespace is in the message', () => {
  const [, grant] = GRANTS.find(([what]) => what === 'a hundred namespaces, pending') ?? [];
  if (grant?.access.kind !== 'policy' || grant.access.accessScope.type !== 'namespace')
    throw new Error('no namespaces');
  const text = JSON.stringify(grantCard(grant, 'approver', LOOK));
  for (const namespace of grant.access.accessScope.namespaces) expect(text).toContain(namespace);
});

function optionsIn(blocks: readonly Block[]): string[] {
  const found: string[] = [];
  JSON.stringify(blocks, (key, value) => {
    if (key === 'options') for (const option of value as { value: string }[]) found.push(option.value);
    return value;
  });
  return found;
}
