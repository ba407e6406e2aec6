/** Colour, on a terminal only, and never where https://no-color.org asks for none. */
import { styleText } from 'node:util';
import type { GrantView } from '../../src/http/schemas.ts';
import type { Io, Sink } from '../io.ts';
import type { Cell } from './table.ts';

type State = GrantView['state'];
type Format = Parameters<typeof styleText>[0];

const STATE_COLOURS = {
  pending: 'yellow',
  scheduled: 'cyan',
  activating: 'cyan',
  active: 'green',
  revoking: 'cyan',
  ended: 'gray',
  failed: 'red',
  denied: 'red',
  withdrawn: 'gray',
  lapsed: 'gray',
} as const satisfies Record<State, Format>;

export const isColourful = (io: Io, sink: Sink): boolean =>
  sink.isTTY === true && !io.env['NO_COLOR'] && io.env['TERM'] !== 'dumb';

export const stateCell = (io: Io, state: State): Cell =>
  isColourful(io, io.stdout)
    ? { text: state, paint: (text) => styleText(STATE_COLOURS[state], text, { validateStream: false }) }
    : state;

const LEVEL_COLOURS = { ok: 'green', warn: 'yellow', fail: 'red' } as const satisfies Record<string, Format>;

/** `text` in the colour of how bad it is. */
export const levelCell = (io: Io, level: keyof typeof LEVEL_COLOURS, text: string): Cell =>
  isColourful(io, io.stdout)
    ? { text, paint: (shown) => styleText(LEVEL_COLOURS[level], shown, { validateStream: false }) }
    : text;
