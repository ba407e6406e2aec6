/**
 * What a function prints, as one JSON line each, with the function's name: functions share one process here, so the
 * invocation that prints is found by its asynchronous context. Printing outside an invocation is left alone.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { format } from 'node:util';
import { toIso } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';

/** Takes one line of JSON, as CloudWatch would get it in Lambda's JSON log format. */
export type LogSink = (line: string) => void;

type Printing = { functionName: string; requestId: string; clock: Clock; sink: LogSink | undefined; over: boolean };

const LEVELS = { debug: 'DEBUG', log: 'INFO', info: 'INFO', warn: 'WARN', error: 'ERROR' } as const;
const printing = new AsyncLocalStorage<Printing>();
let patched = false;

/** Runs `work`; what it prints goes to the sink, or nowhere without one. `silence` ends that: the invocation is over. */
export function capturePrinting<T>(
  about: Omit<Printing, 'over'>,
  work: () => Promise<T>,
): { result: Promise<T>; silence(): void } {
  patchConsole();
  const state: Printing = { ...about, over: false };
  return {
    result: printing.run(state, work),
    silence() {
      state.over = true;
    },
  };
}

/** Once in a process, and never undone: outside an invocation the patched methods do what they did before. */
function patchConsole(): void {
  if (patched) return;
  patched = true;
  for (const method of Object.keys(LEVELS) as (keyof typeof LEVELS)[]) {
    const original = console[method].bind(console);
    console[method] = (...parts: unknown[]) => {
      const state = printing.getStore();
      if (!state) original(...parts);
      else if (!state.over) state.sink?.(line(state, LEVELS[method], parts));
    };
  }
}

function line({ clock, functionName, requestId }: Printing, level: string, parts: unknown[]): string {
  const message = parts.length === 1 ? structured(parts[0]) : format(...parts);
  return JSON.stringify({ timestamp: toIso(clock.now()), level, functionName, requestId, message });
}

/** A line that is JSON already is kept as the object it is. */
function structured(part: unknown): unknown {
  if (typeof part !== 'string' || !part.startsWith('{')) return typeof part === 'string' ? part : format(part);
  try {
    return JSON.parse(part);
  } catch {
    return part;
  }
}
