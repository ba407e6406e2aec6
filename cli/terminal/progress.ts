/** What is going on while the command waits: on a terminal one living line, elsewhere a line for every change. */
import type { Io } from '../io.ts';
import { visible } from './visible.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
const CLEAR_LINE = '\r\u001b[2K';

export type Progress = { say(text: string): void; stop(): void };

export function startProgress(io: Io): Progress {
  const { stderr } = io;
  let said = '';
  if (stderr.isTTY !== true || io.env['TERM'] === 'dumb') {
    return {
      say(text) {
        if (text !== said) stderr.write(`${visible(text)}\n`);
        said = text;
      },
      stop() {},
    };
  }
  let frame = 0;
  const began = io.now();
  const draw = (): void => {
    const seconds = Math.round((io.now() - began) / 1_000);
    stderr.write(`${CLEAR_LINE}${FRAMES[frame++ % FRAMES.length]} ${visible(said)} (${seconds}s)`);
  };
  const cancel = io.every(FRAME_MS, draw);
  return {
    say(text) {
      // What was there stays above as a line of its own, so that the way through the states can be read afterwards.
      if (said !== '' && text !== said) stderr.write(`${CLEAR_LINE}${visible(said)}\n`);
      said = text;
      draw();
    },
    stop() {
      cancel();
      stderr.write(`${CLEAR_LINE}${said === '' ? '' : `${visible(said)}\n`}`);
    },
  };
}
