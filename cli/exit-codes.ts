/** What the command ends with, as data: `--help` prints it, scripts rely on it, tests hold it. */
export const EXIT_CODES = {
  ok: { code: 0, means: 'done' },
  refused: { code: 1, means: 'refused by a rule, which is named; nothing was changed. Also any failure of "token"' },
  usage: { code: 2, means: 'wrong usage: an unknown option, a missing argument, HALLPASS_URL not set' },
  unavailable: { code: 3, means: 'Hallpass could not be reached, or failed' },
  credentials: { code: 4, means: 'no AWS credentials, or expired ones, or not accepted' },
  otherwise: { code: 5, means: 'with --wait: it ended otherwise than was waited for' },
  file: { code: 6, means: 'a kubeconfig could not be read or written; it is as it was' },
  findings: {
    code: 7,
    means:
      '"lint" has something to warn of, "doctor" found something wrong, or a "test" came out otherwise than expected',
  },
  mistakes: {
    code: 8,
    means: 'a file of rules or of tests cannot be read, or has mistakes; each is named with its line',
  },
  changed: { code: 9, means: '"diff": something changes, and nobody gains anything' },
  wider: { code: 10, means: '"diff": somebody gains access or a duty, or gets access on easier terms' },
  internal: { code: 70, means: 'a fault of the command itself' },
  interrupted: { code: 130, means: 'stopped by Ctrl-C' },
} as const;

export type ExitName = keyof typeof EXIT_CODES;

export const exitCodesHelp = (): string =>
  ['Exit codes:', ...Object.values(EXIT_CODES).map(({ code, means }) => `  ${String(code).padEnd(4)} ${means}`)].join(
    '\n',
  );
