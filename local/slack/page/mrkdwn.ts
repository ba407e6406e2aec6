/**
 * Slack's mrkdwn as HTML, by its own rules: `<…>` is a link, a mention or a date; `&amp;`, `&lt;` and `&gt;` are the only
 * entities. Mentions are shown as such, so that one that slipped through somewhere is seen.
 */
import { slackDate } from './dates.ts';
import { escaped } from './html.ts';

/** How people and channels are called. */
export type Names = { user(id: string): string; channel(id: string): string };

const EMOJI: Readonly<Record<string, string>> = {
  white_check_mark: '✅', heavy_check_mark: '✔️', x: '❌', no_entry: '⛔', no_entry_sign: '🚫', warning: '⚠️',
  rotating_light: '🚨', lock: '🔒', unlock: '🔓', key: '🔑', hourglass: '⌛', hourglass_flowing_sand: '⏳',
  alarm_clock: '⏰', clock1: '🕐', bell: '🔔', wave: '👋', eyes: '👀', memo: '📝', calendar: '📅', ticket: '🎫',
  fire: '🔥', snowflake: '❄️', link: '🔗', bust_in_silhouette: '👤', busts_in_silhouette: '👥', thumbsup: '👍',
  '+1': '👍', thumbsdown: '👎', '-1': '👎', information_source: 'ℹ️', question: '❓', large_green_circle: '🟢',
  red_circle: '🔴', large_yellow_circle: '🟡', white_circle: '⚪', stopwatch: '⏱️', tada: '🎉', shield: '🛡️',
  octagonal_sign: '🛑', door: '🚪', leftwards_arrow_with_hook: '↩️', arrows_counterclockwise: '🔄', heavy_plus_sign: '➕',
}; // biome-ignore format: pairs

const emoji = (text: string): string =>
  text.replaceAll(/:([a-z0-9_+-]+):/g, (whole, name: string) => EMOJI[name] ?? whole);

const decode = (text: string): string => text.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
const safe = (text: string): string => escaped(emoji(decode(text)));

/** Plain text objects: no formatting, no entities, line breaks kept. */
export const plain = (text: string): string => escaped(emoji(text)).replaceAll('\n', '<br>');

export function mrkdwn(text: string, names: Names): string {
  return text
    .replaceAll(/[\uE000\uE001]/g, '')
    .split(/```([\s\S]*?)```/)
    .map((part, i) => (i % 2 === 1 ? `<pre>${escaped(decode(part.replace(/^\n/, '')))}</pre>` : lines(part, names)))
    .join('');
}

/** Lines that begin with `>` are quotes. */
function lines(text: string, names: Names): string {
  if (text === '') return '';
  const quoted = /^(?:&gt;|>) ?/;
  const groups: { quote: boolean; lines: string[] }[] = [];
  for (const line of text.split('\n')) {
    const quote = quoted.test(line);
    const last = groups.at(-1);
    const content = quote ? line.replace(quoted, '') : line;
    if (last?.quote === quote) last.lines.push(content);
    else groups.push({ quote, lines: [content] });
  }
  return groups
    .map(({ quote, lines: of }) => {
      const body = inline(of.join('\n'), names).replaceAll('\n', '<br>');
      return quote ? `<blockquote>${body}</blockquote>` : body;
    })
    .join('');
}

/** Code and `<…>` are set aside first, so that no formatting reaches into them. */
function inline(text: string, names: Names): string {
  const aside: string[] = [];
  const keep = (rendered: string): string => `\uE000${aside.push(rendered) - 1}\uE001`;
  const marked = text.replaceAll(/`([^`\n]+)`|<([^<>\n]+)>/g, (_whole, code?: string, angle?: string) =>
    keep(code === undefined ? special(angle ?? '', names) : `<code>${escaped(decode(code))}</code>`),
  );
  const linked = marked.replaceAll(/\bhttps?:\/\/[^\s<>\uE000\uE001]+[^\s<>\uE000\uE001.,;:!?)\]]/g, (url) =>
    keep(link(decode(url), safe(url))),
  );
  return styled(safe(linked)).replaceAll(/\uE000(\d+)\uE001/g, (_whole, i: string) => aside[Number(i)] ?? '');
}

/** A mark counts only between a gap and a gap, with something inside. */
const style = (text: string, mark: string, tag: string): string =>
  text.replaceAll(
    new RegExp(
      `(^|[\\s(\\[{"'.,;:!?/>—–-])\\${mark}(?=\\S)([^\\${mark}\\n]*[^\\s\\${mark}])\\${mark}(?=$|[\\s)\\]}"'.,;:!?/<—–-])`,
      'g',
    ),
    `$1<${tag}>$2</${tag}>`,
  );

const styled = (text: string): string => style(style(style(text, '*', 'strong'), '_', 'em'), '~', 'del');

function special(inside: string, names: Names): string {
  const [target = '', label] = split(inside);
  if (target.startsWith('@')) return mention(`@${names.user(target.slice(1))}`);
  if (target.startsWith('#')) return mention(`#${label || names.channel(target.slice(1))}`);
  const date = /^!date\^(\d+)\^([^^]*)/.exec(target);
  if (date)
    return `<time datetime="${new Date(Number(date[1]) * 1_000).toISOString()}" title="UTC">${safe(slackDate(Number(date[1]), date[2] ?? ''))}</time>`;
  if (target.startsWith('!subteam^')) return mention(label ?? '@group');
  if (target.startsWith('!')) return mention(`@${label || target.slice(1)}`);
  if (/^(https?:\/\/|mailto:)/.test(decode(target))) return link(decode(target), safe(label ?? target));
  // Anything else is no address that a browser should follow: Slack shows the text.
  return safe(`<${inside}>`);
}

const split = (inside: string): [string, string | undefined] => {
  const bar = inside.indexOf('|');
  return bar < 0 ? [inside, undefined] : [inside.slice(0, bar), inside.slice(bar + 1)];
};

const mention = (text: string): string => `<span class="mention">${safe(text)}</span>`;
const link = (url: string, label: string): string =>
  `<a href="${escaped(url)}" target="_blank" rel="noopener noreferrer">${label}</a>`;
