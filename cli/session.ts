/** What every command is given: the world, the shared options, and the two ways of printing an answer. */
import type { Command } from 'commander';
import type { Answered, Api, ApiOptions } from './api/client.ts';
import { Failure } from './failure.ts';
import type { Io } from './io.ts';
import { visible, visibleJson } from './terminal/visible.ts';

export type SharedOptions = ApiOptions & { readonly output: 'json' | 'table' };

export type Session = {
  readonly io: Io;
  /** `hallpass`, or `kubectl hallpass`: for sentences that say what to type. */
  readonly program: string;
  readonly options: SharedOptions;
  /** Loaded when the first call is made: help, completion and a cached token need no AWS SDK. */
  api(): Promise<Api>;
};

/** Defines commands on a program; `sessionOf` reads the shared options wherever they stood on the line. */
export type Commands = (program: Command, sessionOf: (command: Command) => Session) => void;

export function openSession(io: Io, program: string, command: Command): Session {
  const options = command.optsWithGlobals<SharedOptions>();
  return {
    io,
    program,
    options,
    api: async () => {
      const { connect } = await import('./api/client.ts');
      return connect(io, options);
    },
  };
}

/** The answer on stdout: as it came for machines, rendered for people. */
export function print<T>({ io, options }: Session, { value, json }: Answered<T>, render: (value: T) => string): void {
  io.stdout.write(options.output === 'json' ? `${visibleJson(json)}\n` : render(value));
}

/** Words on stderr. */
export const say = ({ io }: Pick<Session, 'io'>, text: string): void => {
  io.stderr.write(`${text.split('\n').map(visible).join('\n')}\n`);
};

/** An id goes into an address, so what cannot be one never gets there. Whether it exists, the server knows. */
export function grantIdFrom(text: string): string {
  const id = text.trim().toLowerCase();
  if (/^[0-9a-z]{26}$/.test(id)) return id;
  throw new Failure(
    'usage',
    `"${text}" is not the id of a grant: those have 26 letters and digits. "hallpass grants" lists them.`,
  );
}
