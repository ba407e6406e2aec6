/**
 * What people typed, as it may be shown in Slack (F33). Free text goes into `plain_text`, which Slack does not parse; what
 * stands in `mrkdwn` or in a message's `text` can neither mention, link nor format.
 *
 * https://docs.slack.dev/messaging/formatting-message-text/#escaping
 */

// Controls but for line feed, format characters (bidi embeddings and isolates, zero widths, tags, soft hyphens, byte-order
// marks), line and paragraph separators, lone surrogates: what turns writing around, hides it, or cannot be seen.
const UNSEEN = /(?!\n)[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Text in which nothing is hidden: what could not be seen is shown as U+FFFD. */
export const visible = (text: string): string => text.replace(/\r\n?/g, '\n').replace(UNSEEN, '\ufffd');

/** At most so many UTF-16 units, cut between characters, with an ellipsis where something is missing. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, most - 1);
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}\u2026`;
}

/** One line for `mrkdwn` and for a message's `text`: no mention, link, emoji or format survives. */
export function inline(text: string): string {
  const LOOKALIKES: Readonly<Record<string, string>> = {
    '*': '\u2217',
    _: '\uff3f',
    '~': '\u223c',
    '`': '\u02cb',
    ':': '\ua789',
    '@': '\uff20',
    '#': '\uff03',
  };
  return literal(text.replace(/[*_~`@#]|:(?=[\w+-]*:)/g, (found) => LOOKALIKES[found] ?? found));
}

/** For values of our own making in `code`: names, ids, times. Only what Slack itself reads is escaped. */
export const literal = (text: string): string =>
  visible(text).replaceAll('\n', ' ').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** `<!date^…>`: each reader sees the moment in their own time zone; the fallback is UTC. */
export function when(at: number): string {
  const iso = new Date(at).toISOString();
  return `<!date^${Math.floor(at / 1_000)}^{date_short_pretty} {time}|${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC>`;
}

/** Joins items into texts of at most `most` units each, so that none is left out. */
export function chunks(items: readonly string[], most: number): string[] {
  const texts: string[] = [];
  let text = '';
  for (const item of items) {
    const next = text === '' ? item : `${text}, ${item}`;
    if (next.length <= most) text = next;
    else {
      if (text !== '') texts.push(`${text},`);
      text = cut(item, most);
    }
  }
  return text === '' ? texts : [...texts, text];
}
