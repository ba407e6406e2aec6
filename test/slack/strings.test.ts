/** F33, F44, F46: what somebody typed, through every output of Slack and the webhooks. One table of strings. */
import { describe, expect, test } from 'vitest';
import { webhookBody } from '../../src/aws/webhooks.ts';
import type { Grant } from '../../src/core/grant.ts';
import { grantCard } from '../../src/slack/card.ts';
import { denialModal } from '../../src/slack/decision-modals.ts';
import { homeView } from '../../src/slack/home.ts';
import { lastWord, usageNote } from '../../src/slack/notes.ts';
import { planMessages } from '../../src/slack/plan.ts';
import { errorsOf } from '../../src/slack/request-modal.ts';
import { inline, visible } from '../../src/slack/text.ts';
import { sha256 } from '../broker/fake-world.ts';
import { at, FACTS, IN_STATE } from '../core/fixtures.ts';
import { EVENTS, EXTREME_CONFIG } from './extremes.ts';

const STRINGS: readonly string[] = [
  '<!channel> everyone',
  '<!here|here>',
  '<@U0ALICE> <#C0GRANTS01> <!subteam^S1>',
  '@channel @here',
  '<https://evil.example|INC-4211>',
  '*Approved by Bob Baker* _all_ ~is~ `well`',
  '> quoted\n• a list',
  ':white_check_mark: approved',
  '&lt;!channel&gt; &amp;',
  'a\u202egnp.exe\u2066 b\u200bc\ufeffd\u00ade',
  'bell\u0007 escape\u001b[31mred\u001b[0m null\u0000 del\u007f c1\u009b31m',
  'two\r\nlines\rthree\u2028four',
  '\ud800 lone \udc00 surrogates',
  'x'.repeat(3_001),
  '<'.repeat(3_001),
  '\u{1f468}\u200d\u{1f469}\u200d\u{1f467} e\u0301 \u0627\u0644\u0639\u0631\u0628\u064a\u0629',
  '=HYPERLINK("https://evil.example")',
  '</pre><script>alert(1)</script>',
  '   ',
];

const LOOK = { config: EXTREME_CONFIG, sha256, now: at(5) };
type Text = { readonly type: string; readonly text: string };

/** Every text in it, by what Slack would do with it. */
function textsIn(value: unknown): Text[] {
  const found: Text[] = [];
  JSON.stringify(value, (_key, each) => {
    if (typeof each?.text === 'string')
      found.push({ type: typeof each.type === 'string' ? each.type : 'message', text: each.text });
    return each;
  });
  return found;
}

describe.each(STRINGS.map((typed) => [JSON.stringify(typed).slice(0, 60), typed] as const))('%s', (_shown, typed) => {
  const like = (grant: object): Grant =>
    ({
      ...grant,
      justification: typed,
      ticket: typed,
      requester: { ...FACTS.requester, name: typed },
      ...('reason' in grant && grant.reason === 'not today' && { reason: typed, by: typed }),
    }) as Grant;
  const broken = (grant: Grant): Grant => ({
    ...grant,
    breakGlass: { incident: typed, reviewBy: at(90) },
    review: {
      ...{ owedSince: at(0), dueBy: at(90), reminders: 0 },
      done: { at: at(50), by: typed, byId: 'bob', verdict: 'misuse', note: typed },
    },
  });
  const all = [IN_STATE.pending, IN_STATE.active, IN_STATE.denied, IN_STATE.ended].map(like);
  const grants = [...all, ...all.map(broken)];
  const [pending, active, denied] = grants as [
    Grant,
    Extract<Grant, { state: 'active' }>,
    Extract<Grant, { state: 'denied' }>,
  ];
  const outputs: unknown[] = [
    ...grants.flatMap((grant) => [
      grantCard(grant, 'channel', LOOK),
      grantCard(grant, 'requester', LOOK),
      ...planMessages(grant, EVENTS, LOOK)
        .filter(({ slot }, index) => index < 20 || /^(loud|review|overdue|misuse)/.test(slot))
        .map(({ message }) => message),
      homeView({ waiting: [grant], own: [grant] }, EXTREME_CONFIG, sha256),
    ]),
    denialModal(pending, 'm'),
    usageNote(active),
    lastWord(denied, EXTREME_CONFIG),
    { type: 'mrkdwn', text: inline(typed) },
  ];

  test('nothing mentions, links or formats that is not ours', () => {
    for (const { type, text } of outputs.flatMap(textsIn)) {
      if (type === 'plain_text') continue;
      const own = text.replace(/<!date\^\d+\^\{date_short_pretty\} \{time\}\|[\d: -]+ UTC>/g, '');
      expect(own).not.toMatch(/[<>]/);
      expect(own).not.toMatch(/:white_check_mark:|\*Approved by Bob|@channel|@here/);
    }
  });

  test('nothing is hidden: no control, no format character, in any kind of text', () => {
    for (const { text } of outputs.flatMap(textsIn)) {
      expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/u);
      expect(text.isWellFormed()).toBe(true);
      expect(text.length).toBeGreaterThan(0);
    }
  });

  test('plain text is never read for emoji', () => {
    JSON.stringify(outputs, (_key, value) => {
      if (value?.type === 'plain_text') expect(value.emoji).toBe(false);
      if (value?.type === 'mrkdwn' && 'verbatim' in value) expect(value.verbatim).toBe(true);
      return value;
    });
  });

  test('a mistake shown beside its field', () => {
    const [text = ''] = Object.values(errorsOf({ reason: 'ticketMismatch', ticket: typed, pattern: typed }, {}));
    expect(text.length).toBeLessThanOrEqual(2_000);
    expect(text).not.toMatch(/<[!@#h]/);
  });

  test('a webhook: JSON that reads back as it was typed, or nothing of it', () => {
    const [event] = EVENTS;
    if (!event) throw new Error('no event');
    const about = { grant: pending, chain: { n: 1, hash: '' }, version: 1, retries: {}, events: EVENTS };
    expect(JSON.parse(JSON.stringify(webhookBody(about, event, true))).data.grant.justification).toBe(typed);
    if (typed.trim().length > 3)
      expect(JSON.stringify(webhookBody(about, event, false))).not.toContain(JSON.stringify(typed).slice(1, -1));
  });
});

test('what can be seen stays as it is', () => {
  for (const text of ['INC-4211: the ingress is down', 'zwei\nZeilen', 'e\u0301 \u0627\u0644\u0639', '100 %'])
    expect(visible(text)).toBe(text);
});
