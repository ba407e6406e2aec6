/** Times as the page shows them: always UTC, so that a picture taken anywhere is the same. */
const format = (options: Intl.DateTimeFormatOptions) =>
  new Intl.DateTimeFormat('en-GB', { timeZone: 'UTC', ...options });

const FORMATS = {
  date_num: format({ year: 'numeric', month: '2-digit', day: '2-digit' }),
  date: format({ year: 'numeric', month: 'long', day: 'numeric' }),
  date_short: format({ year: 'numeric', month: 'short', day: 'numeric' }),
  date_long: format({ weekday: 'long', year: 'numeric', month: 'long', day: 'numeric' }),
  time: format({ hour: '2-digit', minute: '2-digit' }),
  time_secs: format({ hour: '2-digit', minute: '2-digit', second: '2-digit' }),
} as const;

export const clockTime = (ts: string): string => FORMATS.time.format(new Date(Number(ts) * 1_000));
export const isoTime = (ts: string): string => new Date(Number(ts) * 1_000).toISOString();

/** `<!date^1392734382^Posted {date_num} {time}|fallback>`: the tokens that Slack documents, "pretty" ones as plain. */
export function slackDate(epochSeconds: number, template: string): string {
  const at = new Date(epochSeconds * 1_000);
  return template.replaceAll(/\{(\w+?)(_pretty)?\}/g, (whole, name: string) => {
    const found = Object.hasOwn(FORMATS, name) ? FORMATS[name as keyof typeof FORMATS] : undefined;
    return found ? found.format(at) : whole;
  });
}
