/** Catches markup that typed text could smuggle into the page, and mrkdwn that is shown as Slack would not. */
import { expect, test } from 'vitest';
import { mrkdwn, plain } from '../../local/slack/page/mrkdwn.ts';
import { countCases } from '../core/fixtures.ts';

const names = { user: (id: string) => (id === 'U1' ? 'Alice <A>' : id), channel: () => 'access' };
const LINK = 'target="_blank" rel="noopener noreferrer"';

const CASES: readonly [string, string][] = [
  ['*bold* _em_ ~del~', '<strong>bold</strong> <em>em</em> <del>del</del>'],
  ['2*3*4 snake_case_name', '2*3*4 snake_case_name'],
  ['*<https://x.example|a *b*>*', `<strong><a href="https://x.example" ${LINK}>a *b*</a></strong>`],
  ['`*code*`', '<code>*code*</code>'],
  ['```<b>\n*x*```', '<pre>&lt;b&gt;\n*x*</pre>'],
  ['&lt;b&gt; &amp;amp; "quotes"', '&lt;b&gt; &amp;amp; &quot;quotes&quot;'],
  ['<script>alert(1)</script>', '&lt;script&gt;alert(1)&lt;/script&gt;'],
  ['<img src=x onerror=alert(1)>', '&lt;img src=x onerror=alert(1)&gt;'],
  ['<javascript:alert(1)|click>', '&lt;javascript:alert(1)|click&gt;'],
  ['<https://x.example/"onmouseover="y|z>', `<a href="https://x.example/&quot;onmouseover=&quot;y" ${LINK}>z</a>`],
  [
    'see https://x.example/a?b=1&amp;c=2.',
    `see <a href="https://x.example/a?b=1&amp;c=2" ${LINK}>https://x.example/a?b=1&amp;c=2</a>.`,
  ],
  [
    '<@U1> <#C1> <!channel> <!subteam^S1|@ops>',
    '<span class="mention">@Alice &lt;A&gt;</span> <span class="mention">#access</span> <span class="mention">@channel</span> <span class="mention">@ops</span>',
  ],
  [
    '<!date^1764000000^{date_short} at {time}|later>',
    '<time datetime="2025-11-24T16:00:00.000Z" title="UTC">24 Nov 2025 at 16:00</time>',
  ],
  ['&gt; quoted\n&gt; twice\nnot', '<blockquote>quoted<br>twice</blockquote>not'],
  [':warning: :nothing:', '⚠️ :nothing:'],
  ['\uE0000\uE001', '0'],
  ['a\nb', 'a<br>b'],
];

test.each(CASES)('%s', (text, expected) => expect(mrkdwn(text, names)).toBe(expected));

test('plain text knows no formatting and no entities', () => {
  expect(plain('*x* <@U1> &lt;\n"')).toBe('*x* &lt;@U1&gt; &amp;lt;<br>&quot;');
  countCases('texts in mrkdwn', CASES.length);
});
