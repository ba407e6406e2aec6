/** A refusal of the Web API: `{ "ok": false, "error": code }` and whatever else Slack says beside it. */
export class SlackError extends Error {
  override name = 'SlackError';
  readonly code: string;
  readonly more: Readonly<Record<string, unknown>>;

  constructor(code: string, more: Readonly<Record<string, unknown>> = {}) {
    super(code);
    this.code = code;
    this.more = more;
  }
}

/** Slack lists what is wrong twice: bare, and with a level before it. */
export const withMessages = (code: string, problems: readonly string[]): SlackError =>
  new SlackError(code, {
    errors: problems,
    response_metadata: { messages: problems.map((problem) => `[ERROR] ${problem}`) },
  });
