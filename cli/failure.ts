/** Why a command could not do what was asked, in words for the person who typed it, and what it ends with. */
import { EXIT_CODES, type ExitName } from './exit-codes.ts';
import type { Io } from './io.ts';
import { visible } from './terminal/visible.ts';

export class Failure extends Error {
  override readonly name = 'Failure';
  readonly exit: ExitName;

  /** `message` says what was wrong, where, and what would be right. It may quote anybody's text: it is escaped when shown. */
  constructor(exit: ExitName, message: string, options?: ErrorOptions) {
    super(message, options);
    this.exit = exit;
  }
}

/** Says on stderr what went wrong and answers the exit code. A stack is for who debugs the command: `HALLPASS_DEBUG=1`. */
export function report(io: Io, error: unknown): number {
  const failure = error instanceof Failure ? error : undefined;
  const message = failure?.message ?? `This should not have happened: ${String(error)}`;
  io.stderr.write(`${message.split('\n').map(visible).join('\n')}\n`);
  if (io.env['HALLPASS_DEBUG'] === '1' && error instanceof Error) io.stderr.write(`${stackOf(error)}\n`);
  else if (!failure) io.stderr.write('HALLPASS_DEBUG=1 shows where.\n');
  return EXIT_CODES[failure?.exit ?? 'internal'].code;
}

function stackOf(error: Error): string {
  const stack = (error.stack ?? error.message).split('\n').map(visible).join('\n');
  return error.cause instanceof Error ? `${stack}\ncaused by ${stackOf(error.cause)}` : stack;
}

export const textOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
